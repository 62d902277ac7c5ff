package main

import (
	"errors"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/urun-project/urun/internal/ocispec"
)

// parse reads the arguments after the program's name. help is true when the flags ask for help; then nothing else of the
// command counts. An error is one line, to be answered with exit status 125.
func parse(args []string) (v verb, c command, help bool, err error) {
	v, args = chooseVerb(args)
	c = v.make()
	out := fastRead(args, c.groups())
	switch {
	case out.unknown == "-h" || out.unknown == "--help":
		return v, c, true, nil
	case out.unknown != "":
		return v, nil, false, unknownFlag(out.unknown, v)
	case out.wrong:
		return v, nil, false, complaint(args, v)
	}
	if v.rest != "" && len(out.rest) == 0 {
		return v, nil, false, errors.New(v.rest + " is missing: write " + usage(v) + "; urun help " + v.name + " tells more")
	}
	c.setRest(out.rest)
	return v, c, false, nil
}

func usage(v verb) string { return strings.TrimSpace("urun " + v.name + " [FLAGS] " + v.args) }

// chooseVerb takes the verb off the arguments. A directory that is called like a verb is written ./run.
func chooseVerb(args []string) (verb, []string) {
	table := verbs()
	if len(args) == 0 {
		return table[0], args
	}
	name := args[0]
	if name == "--version" {
		name = "version"
	}
	for _, v := range table {
		if v.name == name {
			return v, args[1:]
		}
	}
	return table[0], args
}

// kongRead does what fastRead does, slower and with words for what is wrong.
func kongRead(args []string, groups []any) (rest []string, err error) {
	grammar := struct {
		kong.Plugins
		Rest []string `arg:"" optional:"" passthrough:"partial" sep:"none"`
	}{Plugins: groups}
	k, err := kong.New(&grammar, kong.NoDefaultHelp())
	if err != nil {
		return nil, err
	}
	if _, err = k.Parse(args); err != nil {
		return nil, err
	}
	if len(grammar.Rest) > 0 && grammar.Rest[0] == "--" {
		return grammar.Rest[1:], nil
	}
	return grammar.Rest, nil
}

// unknownFlag says what to do instead of a flag that other tools have, or which flag may have been meant.
func unknownFlag(name string, v verb) error {
	if why, ok := ocispec.Unsupported(name); ok {
		return errors.New("urun has no " + name + ": " + why)
	}
	return complaint([]string{name}, v)
}

// complaint is what kong says about flags that cannot be read.
func complaint(args []string, v verb) error {
	if _, err := kongRead(args, v.make().groups()); err != nil {
		return err
	}
	return errors.New("read the flags: something is wrong with " + strconv.Quote(strings.Join(args, " ")))
}
