package main

import (
	"strconv"
	"strings"
)

// zshCompletion is for _arguments, which shows what flags mean and knows which are given already.
func zshCompletion(model []completed) string {
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(zshBegin, "IMAGES", listImages))
	for _, c := range model {
		b.WriteString("    " + single(c.name+":"+strings.TrimSuffix(c.help, ".")) + "\n")
	}
	b.WriteString(zshMiddle)
	for _, c := range model {
		b.WriteString("  " + c.name + ")\n    _arguments -s -S -A '-*'")
		for _, f := range c.flags {
			for _, spec := range f.zsh() {
				b.WriteString(" \\\n      " + single(spec))
			}
		}
		b.WriteString(" \\\n      '(- *)'{-h,--help}'[Show what the verb takes]'")
		for i, a := range c.args {
			at := strconv.Itoa(i+1) + ":"
			if a.repeat {
				at = "*:"
			}
			action := a.zsh()
			if c.name == "unshare" { // the rest is a command line of its own
				at, action = "*::", "_normal"
			}
			b.WriteString(" \\\n      " + single(at+zshQuote(a.name)+":"+action))
			if c.name == "unshare" {
				break
			}
		}
		b.WriteString(" && ret=0\n    ;;\n")
	}
	return b.String() + zshEnd
}

// zsh are the specifications of a flag, one for each way to write it; one excludes the others.
func (f completedFlag) zsh() (specs []string) {
	before := "(" + strings.Join(f.names, " ") + ")"
	if f.IsSlice() {
		before = "*"
	}
	for _, name := range f.names {
		spec := before + name
		value := ":" + zshQuote(f.PlaceHolder) + ":" + f.value.zsh()
		switch {
		case f.takesValue() && strings.HasPrefix(name, "--"):
			spec += "="
		case f.takesValue():
			spec += "+"
		case f.PlaceHolder != "":
			spec += "=-"
			value = ":" + value
		default:
			value = ""
		}
		specs = append(specs, spec+"["+strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`).Replace(f.says)+"]"+value)
	}
	return specs
}

// zsh is the action that completes a value. One that begins with a blank is called as it stands.
func (v value) zsh() string {
	words := strings.ReplaceAll(strings.Join(v.words, " "), ":", `\:`)
	switch v.look {
	case lookFiles:
		return " _urun_words " + strings.TrimSpace("-f "+words)
	case lookDirs:
		return " _files -/"
	case lookRoots:
		return " _urun_roots"
	case lookImages:
		return strings.TrimSuffix(" _urun_images "+words, " ")
	case lookRunning, lookAll:
		return " _urun_containers " + v.containerFlags()
	case lookKnown:
		return " _urun_known " + v.containerFlags()
	case lookCommands:
		return " _command_names -e"
	case lookVariables:
		return " _urun_variables"
	}
	if words == "" {
		return " "
	}
	return " _urun_words " + words
}

func zshQuote(s string) string { return strings.NewReplacer(`\`, `\\`, ":", `\:`).Replace(s) }

const zshBegin = `#compdef urun
# zsh completion for urun: source <(urun completion zsh), or this file as _urun in $fpath

_urun_containers() {
  local -a names
  names=(${=$(urun ps "$@" --format '{{.Names}} {{.ID}}' 2>/dev/null)})
  compadd -- $names
}

# names, and words before one
_urun_images() {
  local ret=1
  local -a names
  names=(${(f)"$(IMAGES)"})
  (( $#names )) && compadd -- $names && ret=0
  (( $# )) && _urun_words "$@" && ret=0
  return ret
}

_urun_known() {
  local ret=1
  _urun_containers "$@" && ret=0
  _urun_images && ret=0
  return ret
}

_urun_roots() {
  local ret=1
  _files -/ && ret=0
  _urun_images && ret=0
  return ret
}

# words, of which those that end in =, : or / go on; with -f also files
_urun_words() {
  local ret=1 files
  if [[ $1 == -f ]]; then files=1; shift; fi
  if (( ${@[(I)container:]} )) && compset -P 'container:'; then
    compadd -- ${=$(urun ps --noheading --format '{{.Names}}' 2>/dev/null)}
    return
  fi
  local -a parts whole
  parts=(${(M)@:#*(=|:|://)}) whole=(${@:#*(=|:|://)})
  (( $#whole )) && compadd -- $whole && ret=0
  (( $#parts )) && compadd -S '' -- $parts && ret=0
  [[ $files ]] && _files && ret=0
  return ret
}

_urun_variables() {
  compset -P '*=' || compadd -S '' -- ${(k)parameters[(R)*export*]}
}

_urun() {
  local curcontext=$curcontext ret=1 verb=run
  local -A opt_args
  local -a verbs
  verbs=(
`

const zshMiddle = `  )
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe -t verbs verb verbs && ret=0
    _urun_roots && ret=0
    return ret
  fi
  if (( CURRENT > 2 )) && (( ${verbs[(I)${words[2]}:*]} )); then
    verb=$words[2]
    shift words
    (( CURRENT-- ))
  fi
  case $verb in
`

const zshEnd = `  esac
  return ret
}

# Loaded as a file of $fpath this is the function itself; sourced it is not.
if [[ $funcstack[1] == _urun ]]; then
  _urun "$@"
else
  compdef _urun urun
fi
`
