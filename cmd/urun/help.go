package main

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// helpFor is the text of "urun help" with the words after it.
func helpFor(words []string) (string, error) {
	table := verbs()
	if len(words) == 0 {
		return overview(table), nil
	}
	if isFlag(words[0]) {
		return aboutFlag(words[0])
	}
	for _, v := range table {
		if v.name == words[0] {
			return v.text()
		}
	}
	if text, err := aboutFlag("--" + words[0]); err == nil && len(words[0]) > 1 {
		return text, nil
	}
	return "", errors.New("help " + strconv.Quote(words[0]) + ": there is no such verb; " + meantOr(words[0], verbList(), "urun help lists them"))
}

// overview fits on a screen: what each verb is for, and what most people want to do.
func overview(table []verb) string {
	var b strings.Builder
	b.WriteString("urun runs images and root file systems as containers, without root.\n\nUsage: urun [run] [FLAGS] " + table[0].args + "\n       urun VERB [FLAGS] ARGUMENTS\n")
	for _, group := range verbGroups {
		b.WriteString("\n" + group + ":\n")
		for _, v := range table {
			if pageOf(v).group == group {
				columns(&b, v.name, v.help, 14)
			}
		}
	}
	b.WriteString("\nExamples:\n")
	for _, e := range firstExamples {
		columns(&b, e.line, e.does, 50)
	}
	b.WriteString("\nurun run --help lists a container's flags, urun VERB --help a verb's, urun help --FLAG tells of one flag.\n" +
		"man urun has the rest: limits, networks, exit statuses, files.\n")
	return b.String()
}

// text is the help of one verb.
func (v verb) text() (string, error) {
	p := pageOf(v)
	var b strings.Builder
	b.WriteString("Usage: " + usage(v) + "\n\n")
	wrap(&b, p.about, 0, 0)
	flags, err := flagText(v)
	b.WriteString(flags)
	if len(p.examples) > 0 {
		b.WriteString("\nExamples:\n")
	}
	for _, e := range p.examples {
		b.WriteString("  " + e.line + "\n")
		wrap(&b, e.does, 6, 6)
	}
	if p.exit != "" {
		b.WriteString("\nExit status:\n")
		wrap(&b, p.exit, 2, 2)
	}
	return b.String(), err
}

// flagText lists a verb's flags, group by group.
func flagText(v verb) (string, error) {
	flags, err := flagsOf(v)
	var b strings.Builder
	title := ""
	for _, flag := range flags {
		if group := groupOf(flag); group != title {
			title = group
			b.WriteString("\n" + title + ":\n")
		}
		columns(&b, flagName(flag), flag.Help, 30)
	}
	return b.String(), err
}

// aboutFlag is what a flag means in each verb that has it; verbs in which it means the same are named together.
func aboutFlag(word string) (string, error) {
	name, _, _ := strings.Cut(word, "=")
	var b strings.Builder
	var seen, all []string
	meanings := map[string][]string{}
	for _, v := range verbs() {
		flags, err := flagsOf(v)
		if err != nil {
			return "", err
		}
		for _, flag := range flags {
			all = append(all, "--"+flag.Name)
			if !slices.Contains(namesOf(flag), name) {
				continue
			}
			var one strings.Builder
			columns(&one, flagName(flag), flag.Help, 30)
			if _, known := meanings[one.String()]; !known {
				seen = append(seen, one.String())
			}
			meanings[one.String()] = append(meanings[one.String()], "urun "+v.name)
		}
	}
	for _, text := range seen {
		b.WriteString(strings.Join(meanings[text], ", ") + ":\n" + text)
	}
	if b.Len() == 0 {
		return "", errors.New("help " + name + ": no verb has such a flag; " + meantOr(name, all, "urun VERB --help lists those of a verb"))
	}
	return b.String(), nil
}

const width = 110

// columns writes a name and what it means, in two columns.
func columns(b *strings.Builder, name, meaning string, column int) {
	b.WriteString("  " + name)
	at := 2 + len(name)
	if at >= column {
		b.WriteString("\n")
		at = 0
	}
	b.WriteString(strings.Repeat(" ", column-at))
	wrap(b, meaning, 0, column)
}

// wrap writes words in lines, the first of which begins where the text is, after so many blanks.
func wrap(b *strings.Builder, text string, first, indent int) {
	b.WriteString(strings.Repeat(" ", first))
	at := indent
	for i, word := range strings.Fields(text) {
		switch {
		case i > 0 && at+1+len(word) > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			at = indent
		case i > 0:
			b.WriteString(" ")
			at++
		}
		b.WriteString(word)
		at += len(word)
	}
	b.WriteString("\n")
}
