package main

import (
	"errors"
	"strconv"
	"strings"
)

// parse reads the arguments after the program's name. Flags that ask for help make it the help verb, whatever else is wrong
// behind them. An error is one line, to be answered with exit status 125.
func parse(args []string) (command, error) {
	v, written, args := chooseVerb(args)
	c, common := v.make(), &commonFlags{}
	if v.name == "help" && len(args) == 1 && isFlag(args[0]) && args[0] != "-h" && args[0] != "--help" {
		return &helpCmd{verb: args}, nil // a flag to be told of
	}
	out := fastRead(args, v.groups(c, common))
	switch n := len(out.rest); {
	case out.unknown == "-h" || out.unknown == "--help":
		if written {
			return &helpCmd{verb: []string{v.name}}, nil
		}
		return &helpCmd{}, nil
	case out.unknown == "--version" && !written && len(args) > 1 && args[0] == out.unknown:
		return nil, errors.New("there is an argument too many, " + strconv.Quote(args[1]) + ": write urun --version")
	case out.unknown == "--version":
		return &versionCmd{line: true}, nil
	case out.unknown != "":
		return nil, unknownFlag(out.unknown, v)
	case out.wrong != "":
		return nil, errors.New(out.wrong)
	case v.rest != "" && n == 0:
		if r, ok := c.(*runCmd); ok {
			if why := r.swallowed("", isDir); why != "" {
				return nil, errors.New(why)
			}
		}
		return nil, errors.New(v.rest + " is missing: write " + usage(v) + "; urun help " + v.name + " tells more")
	case v.rest == "" && n > v.most:
		return nil, errors.New("there is an argument too many, " + strconv.Quote(out.rest[v.most]) + ": write " + usage(v))
	}
	c, err := v.onDefaults(c, args, common)
	if err != nil {
		return nil, err
	}
	c.setRest(out.rest)
	if r, ok := c.(*runCmd); ok {
		r.named = written
	}
	return c, nil
}

func usage(v verb) string {
	if len(v.make().groups()) == 0 {
		return strings.TrimSpace("urun " + v.name + " " + v.args)
	}
	return strings.TrimSpace("urun " + v.name + " [FLAGS] " + v.args)
}

// chooseVerb takes the verb off the arguments and tells whether it was there. A directory that is called like a verb is
// written ./run.
func chooseVerb(args []string) (v verb, written bool, rest []string) {
	table := verbs()
	if len(args) == 0 {
		return table[0], false, args
	}
	for _, v := range table {
		if v.name == args[0] {
			return v, true, args[1:]
		}
	}
	return table[0], false, args
}
