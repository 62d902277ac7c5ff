package main

import (
	"slices"

	"github.com/alecthomas/kong"
)

// commonFlags are those of every verb that has flags.
type commonFlags struct {
	Config string `name:"config" placeholder:"FILE" group:"Defaults" help:"Take defaults from FILE instead of ~/.config/urun/config.toml; none takes them from nowhere."`
}

// tellers are the verbs for which there are no defaults: what they tell has to be there also when the file is broken.
var tellers = []string{"completion", "doctor", "help", "version"}

// groups are the flags of a verb's command, with those that all have.
func (v verb) groups(c command, common *commonFlags) []any {
	own := c.groups()
	if len(own) == 0 || slices.Contains(tellers, v.name) {
		return own
	}
	return append(slices.Clip(own), common)
}

// flagsOf are a verb's flags as help, the man pages and completion show them, in the order in which they are declared. Kong makes
// them of the tags; a start never asks.
func flagsOf(v verb) ([]*kong.Flag, error) {
	c := v.make()
	grammar := kong.Plugins{c}
	if len(v.groups(c, nil)) > len(c.groups()) {
		grammar = append(grammar, &commonFlags{})
	}
	k, err := kong.New(&struct{ kong.Plugins }{grammar}, kong.NoDefaultHelp())
	if err != nil {
		return nil, err
	}
	return k.Model.Flags, nil
}

// groupOf is the heading under which a flag is listed.
func groupOf(flag *kong.Flag) string {
	if flag.Group == nil {
		return "Flags"
	}
	return flag.Group.Title
}

// namesOf are all the ways to write a flag, dashes included.
func namesOf(flag *kong.Flag) []string {
	names := []string{"--" + flag.Name}
	if flag.Short != 0 {
		names = append(names, "-"+string(flag.Short))
	}
	for _, alias := range flag.Aliases {
		names = append(names, "--"+alias)
	}
	if flag.Tag.Negatable != "" {
		names = append(names, "--no-"+flag.Name)
	}
	return names
}

// flagName is a flag and its value as a line of help begins with them.
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
