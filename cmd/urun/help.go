package main

import (
	"errors"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

const examples = `Examples:
  urun ./rootfs                                  a shell in ./rootfs
  urun -v "$PWD":/src -w /src ./rootfs make      your directory inside, at /src
  urun --read-only -v "$PWD" / make test         the host's own tools; only this directory can be written
  urun -m 2g --cpus 1.5 --pids-limit 200 ./rootfs make
                                                 with limits; urun stats shows what it uses
  urun --ephemeral ./rootfs rm -rf /etc          try something and keep nothing of it
  urun -d --name web ./rootfs ./server           in the background; urun logs, stop and rm are for it
  urun exec -it web sh                           a shell in the container that is called web
  urun --explain ./rootfs sh                     start nothing, show every system call and its reason
`

// helpFor is the text of "urun help" with the words after it.
func helpFor(words []string) (string, error) {
	table := verbs()
	if len(words) == 0 {
		return overview(table)
	}
	for _, v := range table {
		if v.name == words[0] {
			return v.text()
		}
	}
	return "", errors.New("help " + strconv.Quote(words[0]) + ": there is no such verb; urun help lists them")
}

// overview is about the verb that is meant when none is written, and names the others.
func overview(table []verb) (string, error) {
	var b strings.Builder
	b.WriteString("urun runs a root file system as a container, without root.\n\n")
	b.WriteString("Usage: urun [run] [FLAGS] " + table[0].args + "\n\nVerbs:\n")
	for _, v := range table {
		entry(&b, strings.TrimSpace(v.name+" "+v.args), v.help)
	}
	b.WriteString("\n" + examples)
	flags, err := flagText(table[0].make())
	b.WriteString(flags)
	entry(&b, "-h, --help", "Show this; urun VERB --help shows what the verb takes.")
	entry(&b, "    --version", "Show the version.")
	return b.String(), err
}

// text is the help of one verb.
func (v verb) text() (string, error) {
	flags, err := flagText(v.make())
	return "Usage: " + usage(v) + "\n\n" + v.help + "\n" + flags, err
}

// flagText lists a command's flags, group by group.
func flagText(c command) (string, error) {
	k, err := kong.New(&struct{ kong.Plugins }{kong.Plugins{c}}, kong.NoDefaultHelp())
	if err != nil {
		return "", err
	}
	var b strings.Builder
	title := ""
	for _, flag := range k.Model.Flags {
		group := "Flags"
		if flag.Group != nil {
			group = flag.Group.Title
		}
		if group != title {
			title = group
			b.WriteString("\n" + title + ":\n")
		}
		entry(&b, flagName(flag), flag.Help)
	}
	return b.String(), nil
}

func flagName(flag *kong.Flag) string {
	name := "    --"
	if flag.Short != 0 {
		name = "-" + string(flag.Short) + ", --"
	}
	if flag.Tag.Negatable != "" {
		name += "[no-]"
	}
	name += flag.Name
	switch {
	case flag.PlaceHolder == "":
		return name
	case flag.IsBool():
		return name + "[=" + flag.PlaceHolder + "]"
	}
	return name + " " + flag.PlaceHolder
}

// entry writes a name and what it means, in two columns.
func entry(b *strings.Builder, name, meaning string) {
	const column, width = 30, 110
	b.WriteString("  " + name)
	at := 2 + len(name)
	if at >= column {
		b.WriteString("\n")
		at = 0
	}
	b.WriteString(strings.Repeat(" ", column-at))
	at = column
	for i, word := range strings.Fields(meaning) {
		switch {
		case i > 0 && at+1+len(word) > width:
			b.WriteString("\n" + strings.Repeat(" ", column))
			at = column
		case i > 0:
			b.WriteString(" ")
			at++
		}
		b.WriteString(word)
		at += len(word)
	}
	b.WriteString("\n")
}
