package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// The man pages are made of the table of verbs, the tags of the flags, the pages' examples, and prose: docs/man/src. A file of prose is
// roff in parts, each behind a line .\" @PART: description, flag NAME..., group TITLE, sections. What a part does not say the tags say.

// prose is a file of it by parts.
type prose struct {
	description, sections string
	groups                map[string]string
	flags                 []flagProse
}

// flagProse is about one flag, or several that are described together.
type flagProse struct {
	names []string
	text  string
}

const partMark = `.\" @`

func readProse(file string) (p prose, err error) {
	p.groups = map[string]string{}
	b, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return p, nil
	}
	for _, part := range strings.Split("\n"+string(b), "\n"+partMark)[1:] {
		head, text, _ := strings.Cut(part, "\n")
		kind, rest, _ := strings.Cut(head, " ")
		text = strings.TrimRight(text, "\n") + "\n"
		switch kind {
		case "description":
			p.description = text
		case "sections":
			p.sections = text
		case "group":
			p.groups[rest] = text
		case "flag":
			p.flags = append(p.flags, flagProse{strings.Fields(rest), text})
		default:
			return p, fmt.Errorf("%s: there is no part @%s", file, kind)
		}
	}
	return p, err
}

const generated = `.\" Made by go test ./cmd/urun -run TestManPages -update of the flags' tags, cmd/urun/page*.go and docs/man/src.` + "\n"

// manPage is the page of a verb.
func manPage(v verb, p prose) (string, error) {
	var b strings.Builder
	name, _, _ := strings.Cut(strings.ToLower(v.help[:1])+v.help[1:], ".")
	b.WriteString("'\\\" t\n" + generated + ".TH " + strings.ToUpper(roff("urun-"+v.name)) + " 1 \"\" \"urun\" \"User Commands\"\n.SH NAME\nurun\\-" + v.name + ` \- ` + roff(name) + "\n.SH SYNOPSIS\n" + synopsis(v) + ".SH DESCRIPTION\n")
	if p.description == "" {
		p.description = roff(pageOf(v).about) + "\n"
	}
	b.WriteString(p.description)
	if err := options(&b, v, p); err != nil {
		return "", err
	}
	b.WriteString(p.sections)
	if exit := pageOf(v).exit; exit != "" {
		b.WriteString(".SH EXIT STATUS\n" + roff(exit) + "\n")
	}
	b.WriteString(".SH EXAMPLES\n" + manExamples(pageOf(v).examples) + ".SH SEE ALSO\n.BR urun (1)\n")
	return b.String(), nil
}

func options(b *strings.Builder, v verb, p prose) error {
	flags, err := flagsOf(v)
	if err != nil || len(flags) == 0 {
		return err
	}
	b.WriteString(".SH OPTIONS\n")
	byName := map[string]*kong.Flag{}
	several := false
	for _, flag := range flags {
		byName[flag.Name] = flag
		several = several || groupOf(flag) != groupOf(flags[0])
	}
	for _, f := range p.flags {
		for _, name := range f.names {
			if byName[name] == nil {
				return fmt.Errorf("the prose of urun %s has a flag --%s, which there is not", v.name, name)
			}
		}
	}
	title, done := "", map[string]bool{}
	for _, flag := range flags {
		if group := groupOf(flag); group != title {
			title = group
			if several {
				b.WriteString(".SS " + title + "\n")
			}
			b.WriteString(p.groups[title])
			delete(p.groups, title)
		}
		if done[flag.Name] {
			continue
		}
		together, text := []string{flag.Name}, roff(flag.Help)+"\n"
		for _, f := range p.flags {
			if slices.Contains(f.names, flag.Name) {
				together, text = f.names, f.text
			}
		}
		for i, name := range together {
			done[name] = true
			b.WriteString([]string{".TP", ".TQ"}[min(i, 1)] + "\n" + manFlag(byName[name]) + "\n")
		}
		b.WriteString(text)
	}
	for title := range p.groups {
		return fmt.Errorf("the prose of urun %s has a group %q, which there is not", v.name, title)
	}
	return nil
}

// manFlag is the heading of a flag: each way to write it, with its value.
func manFlag(flag *kong.Flag) string {
	value := ""
	switch {
	case flag.PlaceHolder == "":
	case flag.IsBool():
		value = "[=" + placeholder(flag.PlaceHolder) + "]"
	default:
		value = " " + placeholder(flag.PlaceHolder)
	}
	var ways []string
	names := namesOf(flag)
	slices.SortStableFunc(names, func(a, b string) int { return min(len(a), 3) - min(len(b), 3) }) // the short one first
	for _, name := range names {
		way := `\fB` + roff(name) + `\fR`
		if !strings.HasPrefix(name, "--no-") || flag.Tag.Negatable == "" {
			way += value
		}
		ways = append(ways, way)
	}
	heading := strings.Join(ways, ", ")
	if flag.IsSlice() {
		heading += " ..."
	}
	return heading
}

var placeholderWord = regexp.MustCompile(`[A-Z]+`)

// placeholder has in italics what is to be replaced.
func placeholder(s string) string {
	return placeholderWord.ReplaceAllString(roff(s), `\fI$0\fR`)
}

func synopsis(v verb) string {
	s := `\fBurun ` + v.name + `\fR`
	if v.name == "run" {
		s = `\fBurun\fR [\fBrun\fR]`
	}
	if len(v.make().groups()) > 0 {
		s += ` [\fIFLAGS\fR]`
	}
	return strings.TrimSpace(s+" "+placeholder(v.args)) + "\n"
}

func manExamples(list []example) string {
	var b strings.Builder
	for i, e := range list {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		does := strings.ToUpper(e.does[:1]) + strings.TrimSuffix(e.does[1:], ".") + ":"
		b.WriteString(roff(does) + "\n.IP\n.nf\n" + roff(e.line) + "\n.fi\n")
	}
	return b.String()
}

// roff is text as roff wants it.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "~", `\(ti`, "^", `\(ha`, "'", `\(aq`, "`", `\(ga`).Replace(s)
	if strings.HasPrefix(s, ".") {
		s = `\&` + s
	}
	return s
}
