package main

import (
	"errors"
	"strconv"
	"strings"
)

func (c *completionCmd) run() (status int, err error) {
	if len(c.Args) > 1 {
		return 0, errors.New("one SHELL: bash, zsh or fish")
	}
	switch c.Args[0] {
	case "bash":
		return 0, printText(bashCompletion())
	case "zsh":
		return 0, printText("#compdef urun\nautoload -U +X bashcompinit && bashcompinit\n" + bashCompletion())
	case "fish":
		return 0, printText(fishCompletion())
	}
	return 0, errors.New("completion " + strconv.Quote(c.Args[0]) + ": there is bash, zsh and fish; for bash: source <(urun completion bash)")
}

// bashCompletion asks urun ps for names when they are needed; the rest is in it.
func bashCompletion() string {
	var b strings.Builder
	b.WriteString(`# bash completion for urun: source <(urun completion bash)
_urun() {
	local cur=${COMP_WORDS[COMP_CWORD]} verb=run word flags names=""
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in -*) ;; *) verb=$word; break ;; esac
	done
	case $verb in
`)
	for _, v := range verbs() {
		b.WriteString("\t" + v.name + ") flags='" + strings.Join(flagNames(v), " ") + "'" + namesFor(v) + " ;;\n")
	}
	b.WriteString(`	*) flags='` + strings.Join(flagNames(verbs()[0]), " ") + `' ;;
	esac
	case $cur in
	-*) COMPREPLY=($(compgen -W "$flags --help" -- "$cur")) ;;
	*)
		if ((COMP_CWORD == 1)); then
			COMPREPLY=($(compgen -W '` + verbNames() + `' -- "$cur"))
			local IFS=$'\n'
			COMPREPLY+=($(compgen -d -- "$cur"))
		elif [[ $verb == completion ]]; then
			COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur"))
		elif [[ $names ]]; then
			COMPREPLY=($(compgen -W "$(urun ps $names --format '{{.Names}} {{.ID}}' 2>/dev/null)" -- "$cur"))
		else
			local IFS=$'\n'
			COMPREPLY=($(compgen -f -- "$cur"))
		fi
		;;
	esac
}
complete -o filenames -F _urun urun
`)
	return b.String()
}

func verbNames() string { return strings.Join(verbList(), " ") }

func verbList() (names []string) {
	for _, v := range verbs() {
		names = append(names, v.name)
	}
	return names
}

// namesFor sets the variable names where a verb takes containers: to what lists those that it can be about.
func namesFor(v verb) string {
	switch {
	case !strings.Contains(v.args, "CONTAINER"):
		return ""
	case v.name == "rm", v.name == "logs", v.name == "inspect", v.name == "wait":
		return "; names=--all"
	}
	return "; names=--noheading"
}

func fishCompletion() string {
	var b strings.Builder
	b.WriteString("# fish completion for urun: urun completion fish | source\n")
	for _, v := range verbs() {
		b.WriteString("complete -c urun -n __fish_use_subcommand -a " + v.name + " -d " + single(v.help) + "\n")
		for _, flag := range flagNames(v) {
			b.WriteString("complete -c urun -n '__fish_seen_subcommand_from " + v.name + "' -l " + strings.TrimPrefix(flag, "--") + "\n")
		}
		if all := namesFor(v); all != "" {
			list := "urun ps " + strings.TrimPrefix(all, "; names=") + " --format '{{.Names}} {{.ID}}' 2>/dev/null | string split ' ' -n"
			b.WriteString("complete -c urun -f -n '__fish_seen_subcommand_from " + v.name + "' -a " + single("("+list+")") + "\n")
		}
	}
	return b.String()
}

// single quotes for a shell.
func single(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
