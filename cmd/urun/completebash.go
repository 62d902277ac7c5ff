package main

import (
	"strconv"
	"strings"
)

// bashCompletion asks urun ps and urun images for names when they are needed; the rest is in it.
func bashCompletion(model []completed) string {
	var b strings.Builder
	b.WriteString(bashBegin)
	for _, c := range model {
		b.WriteString("\t" + c.name + ") flags='" + strings.Join(c.allNames(), " ") + "' takes=' " + strings.Join(c.valueNames(), " ") + " ' ;;\n")
	}
	b.WriteString("\tesac\n}\n\n# sets words and look: what the value of a flag, or an argument by its number, can be\n_urun_value() {\n\twords='' look=''\n\tcase $1 in\n")
	for _, c := range model {
		for _, f := range c.flags {
			var patterns []string
			for _, name := range f.names {
				patterns = append(patterns, single(c.name+" "+name))
			}
			bashValue(&b, strings.Join(patterns, "|"), f.value)
		}
		for i, a := range c.args {
			pattern := single(c.name + " " + strconv.Itoa(i+1))
			if a.repeat {
				pattern = single(c.name+" ") + "*[0-9]"
			}
			bashValue(&b, pattern, a.value)
		}
	}
	return b.String() + strings.NewReplacer("VERBS", strings.Join(verbList(), " "), "IMAGES", listImages).Replace(bashEnd)
}

func bashValue(b *strings.Builder, pattern string, v value) {
	look := map[lookup]string{lookFiles: "files", lookDirs: "dirs", lookRunning: "containers", lookAll: "all", lookImages: "images", lookKnown: "known", lookRoots: "roots", lookCommands: "commands", lookVariables: "variables"}[v.look]
	if look != "" || len(v.words) > 0 {
		b.WriteString("\t" + pattern + ") words='" + strings.Join(v.words, " ") + "' look='" + look + "' ;;\n")
	}
}

const bashBegin = `# bash completion for urun: source <(urun completion bash)

# sets flags, and takes: those whose value is a word of its own
_urun_verb() {
	case $1 in
`

const bashEnd = `	esac
}

# puts into COMPREPLY what begins with $1, with $2 in front
_urun_offer() {
	local names= reply=()
	case $look in
	containers) names=$(urun ps --noheading --format '{{.Names}} {{.ID}}' 2>/dev/null) ;;
	all|known) names=$(urun ps --noheading --all --format '{{.Names}} {{.ID}}' 2>/dev/null) ;;
	esac
	case $look in images|known|roots) names+=" $(IMAGES)" ;; esac
	case $1 in container:*) words=$(urun ps --noheading --format 'container:{{.Names}}' 2>/dev/null) ;; esac
	reply=($(compgen -W "$words $names" -- "$1"))
	local IFS=$'\n'
	case $look in
	files) reply+=($(compgen -f -- "$1")) ;;
	dirs|roots) reply+=($(compgen -d -- "$1")) ;;
	commands) reply+=($(compgen -c -- "$1")) ;;
	variables) reply+=($(compgen -e -- "$1")) ;;
	esac
	case $look in files|dirs|roots) compopt -o filenames 2>/dev/null ;; esac
	case ${reply[*]} in *[=:]|*://) compopt -o nospace 2>/dev/null ;; esac
	COMPREPLY+=("${reply[@]/#/$2}")
}

_urun() {
	local w=() word line=$COMP_LINE rest raw=${COMP_WORDS[COMP_CWORD]} i j n
	COMPREPLY=()
	# Bash has split the words at = and :, if it does so here, and wants the last part alone. Between these there is no blank.
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]} n=${#w[@]}
		rest=${line#"${line%%[![:blank:]]*}"}
		if ((n)) && [[ $rest == "$line" ]]; then
			w[n-1]+=$word
		else
			w+=("$word")
		fi
		line=${rest#"$word"}
	done
	case $raw in *[!=:]*) ;; *) raw= ;; esac
	local last=$((${#w[@]} - 1))
	local cur=${w[last]} verb=run at=1 known
	local before=${cur%"$raw"}
	if ((last > 1)); then
		for known in VERBS; do
			if [[ ${w[1]} == "$known" ]]; then verb=$known at=2; fi
		done
	fi
	local flags takes words look args=0 flag= value= ended=
	_urun_verb "$verb"
	for ((i = at; i < last; i++)); do
		word=${w[i]} value=
		if ((args)); then
			((args++))
			continue
		fi
		case $word in
		--) args=0 ended=1 ;;
		--*=*) ;;
		--*) case $takes in *" $word "*) value=$word ;; esac ;;
		-?*)
			for ((j = 1; j < ${#word}; j++)); do
				case $takes in *" -${word:j:1} "*)
					if ((j == ${#word} - 1)); then value=-${word:j:1}; fi
					break
					;;
				esac
			done
			;;
		*) args=1 ;;
		esac
		if [[ $ended ]]; then
			args=$((last - i - 1))
			break
		fi
		if [[ $value ]]; then ((i++)); fi
	done
	if [[ $value ]] && ((i == last + 1)); then
		_urun_value "$verb $value"
		_urun_offer "$cur" ''
	elif ((args == 0)) && [[ ! $ended && $cur == --*=* ]]; then
		_urun_value "$verb ${cur%%=*}"
		_urun_offer "${cur#*=}" "${cur%%=*}="
	elif ((args == 0)) && [[ ! $ended && $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$flags" -- "$cur"))
	else
		_urun_value "$verb $((args + 1))"
		if ((last == 1)); then words+=' VERBS'; fi
		_urun_offer "$cur" ''
	fi
	if [[ $before ]]; then
		for i in "${!COMPREPLY[@]}"; do
			COMPREPLY[i]=${COMPREPLY[i]#"$before"}
		done
	fi
}
complete -F _urun urun
`
