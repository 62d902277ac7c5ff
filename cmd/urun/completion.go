package main

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

func (c *completionCmd) run() (status int, err error) {
	if len(c.Args) > 1 {
		return 0, errors.New("one SHELL: bash, zsh or fish")
	}
	var script func([]completed) string
	shell := c.Args[0]
	switch shell {
	case "bash":
		script = bashCompletion
	case "zsh":
		script = zshCompletion
	case "fish":
		script = fishCompletion
	default:
		return 0, errors.New("completion " + strconv.Quote(shell) + ": " + meantOr(shell, []string{"bash", "zsh", "fish"}, "there is bash, zsh and fish") + "; for bash: source <(urun completion bash)")
	}
	model, err := completionModel()
	if err != nil {
		return 0, err
	}
	return 0, printText(script(model))
}

// completed is a verb as a shell completes it.
type completed struct {
	verb
	flags []completedFlag
	args  []completedArg
}

type completedFlag struct {
	*kong.Flag
	value
	names []string // --no- form last
	says  string   // a sentence
}

type completedArg struct {
	value
	name   string
	repeat bool
}

// takesValue tells whether a word of its own is the flag's value.
func (f completedFlag) takesValue() bool { return !f.IsBool() }

// completionModel is what all shells complete: the flags' tags and the table of values.
func completionModel() (list []completed, err error) {
	for _, v := range verbs() {
		c := completed{verb: v}
		flags, err := flagsOf(v)
		if err != nil {
			return nil, err
		}
		for _, flag := range flags {
			f := completedFlag{Flag: flag, names: namesOf(flag), says: inShort(flag.Help)}
			if f.takesValue() || flag.PlaceHolder != "" {
				f.value = valueOf(values(), v.name, flag.Name)
			}
			c.flags = append(c.flags, f)
		}
		for word := range strings.FieldsSeq(strings.NewReplacer("[/udp]", "", "[", "", "]", "").Replace(v.args)) {
			name, repeat := strings.CutSuffix(word, "...")
			c.args = append(c.args, completedArg{valueOf(argumentValues(), v.name, name), name, repeat})
		}
		list = append(list, c)
	}
	return list, nil
}

// inShort is a sentence of help as it fits beside a flag in a list.
func inShort(help string) string {
	says, _, _ := strings.Cut(help, ". ")
	for _, end := range []string{": ", "; ", " (", ", "} {
		if len(says) > 60 {
			says, _, _ = strings.Cut(says, end)
		}
	}
	return strings.TrimSuffix(says, ".")
}

func verbList() (names []string) {
	for _, v := range verbs() {
		names = append(names, v.name)
	}
	return names
}

// listImages has urun print the names of images, as short as they can be written.
const listImages = "urun images --noheading --filter dangling=false --format '{{.Short}}' 2>/dev/null"

// containerFlags are what urun ps is asked with for the containers that a value can be.
func (v value) containerFlags() string {
	if v.look == lookAll || v.look == lookKnown {
		return "--all --noheading"
	}
	return "--noheading"
}

// allNames are the ways to write all flags of a verb.
func (c completed) allNames() (names []string) {
	for _, f := range c.flags {
		names = append(names, f.names...)
	}
	return append(names, "--help")
}

// valueNames are those of the flags whose value is a word of its own.
func (c completed) valueNames() (names []string) {
	for _, f := range c.flags {
		if !f.takesValue() {
			continue
		}
		for _, name := range f.names {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// single quotes for a shell.
func single(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
