package main

import (
	"strconv"
	"strings"
)

// fishCompletion has a line for each flag of each verb, under a condition of its verb.
func fishCompletion(model []completed) string {
	var b strings.Builder
	var takes []string
	for _, c := range model {
		for _, name := range c.valueNames() {
			takes = append(takes, single(c.name+" "+name))
		}
	}
	b.WriteString(strings.NewReplacer("VERBS", strings.Join(verbList(), " "), "TAKES", strings.Join(takes, " "), "IMAGES", listImages).Replace(fishBegin))
	for _, c := range model {
		b.WriteString("complete -c urun -n __urun_first -a " + c.name + " -d " + single(strings.TrimSuffix(c.help, ".")) + "\n")
	}
	for _, c := range model {
		at := "complete -c urun -n '__urun_at " + c.name
		for _, f := range c.flags {
			for _, name := range f.names {
				line := at + "' -l " + strings.TrimPrefix(name, "--")
				if !strings.HasPrefix(name, "--") {
					line = at + "' -s " + name[1:]
				}
				switch {
				case f.takesValue():
					line += " -r" + f.fish()
				case f.PlaceHolder != "":
					line += " -f -a " + single(strings.Join(f.words, " "))
				}
				b.WriteString(line + " -d " + single(f.says) + "\n")
			}
		}
		b.WriteString(at + "' -s h -l help -d 'Show what the verb takes'\n")
		for i, a := range c.args {
			n := strconv.Itoa(i)
			if a.repeat {
				n += " more"
			}
			if says := a.fish(); says != " -f" {
				b.WriteString(at + " " + n + "'" + says + "\n")
			}
		}
	}
	return b.String()
}

// fish says what completes a value.
func (v value) fish() string {
	words := single(strings.Join(v.words, " "))
	switch v.look {
	case lookFiles:
		if len(v.words) > 0 {
			return " -F -a " + words
		}
		return " -F"
	case lookDirs:
		return " -f -a '(__fish_complete_directories)'"
	case lookRoots:
		return " -f -a '(__fish_complete_directories) (__urun_images)'"
	case lookImages:
		return " -f -a " + single(strings.TrimSpace("(__urun_images) "+strings.Join(v.words, " ")))
	case lookKnown:
		return " -f -a '(__urun_containers " + v.containerFlags() + ") (__urun_images)'"
	case lookRunning, lookAll:
		return " -f -a '(__urun_containers " + v.containerFlags() + ")'"
	case lookCommands:
		return " -f -a '(__fish_complete_command)'"
	case lookVariables:
		return " -f -a '(set -nx)='"
	}
	if len(v.words) == 0 {
		return " -f"
	}
	if v.words[len(v.words)-1] == "container:" {
		words = single(strings.Join(v.words, " ") + " (urun ps --noheading --format \"container:{{.Names}}\" 2>/dev/null)")
	}
	return " -f -a " + words
}

const fishBegin = `# fish completion for urun: urun completion fish | source

# the flags whose value is a word of its own
set -g __urun_takes TAKES

function __urun_containers
    urun ps $argv --format '{{.Names}} {{.ID}}' 2>/dev/null | string split ' ' -n
end

function __urun_images
    IMAGES
end

function __urun_first
    test (count (commandline -opc)) = 1
end

# whether the verb is $argv[1]; with a number, whether so many arguments are before the cursor, or more
function __urun_at
    set -l words (commandline -opc)
    set -e words[1]
    set -l verb run
    if set -q words[1]; and contains -- $words[1] VERBS
        set verb $words[1]
        set -e words[1]
    end
    test $verb = $argv[1]; or return 1
    set -l n 0
    set -l value
    set -l ended
    for word in $words
        if test $n -gt 0
            set n (math $n + 1)
        else if test -n "$ended"
            set n 1
        else if test -n "$value"
            set value
        else
            switch $word
                case --
                    set ended 1
                case '--*=*'
                case '--*'
                    if contains -- "$verb $word" $__urun_takes
                        set value 1
                    end
                case '-?*'
                    set -l letters (string split '' -- (string sub -s 2 -- $word))
                    set -l last $letters[-1]
                    for letter in $letters
                        if contains -- "$verb -$letter" $__urun_takes
                            test $letter = $last; and set value 1
                            break
                        end
                    end
                case '*'
                    set n 1
            end
        end
    end
    if not set -q argv[2]
        test $n = 0 -a -z "$ended"
        return
    end
    test -z "$value"; or return 1
    if set -q argv[3]
        test $n -ge $argv[2]
    else
        test $n = $argv[2]
    end
end

complete -c urun -f
`
