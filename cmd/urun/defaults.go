package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/urun-project/urun/internal/config"
)

// notFromFile are the flags that are about one call, or that do harm to who has forgotten the file.
var notFromFile = []struct{ verb, flags, why string }{
	{"run", "name cidfile pidfile json overlay", "it is one container's own"},
	{"run", "entrypoint", "it is what is run, as ROOTFS and CMD are"},
	{"run", "detach explain replace", "it changes what urun run does"},
	{"exec", "detach explain", "it changes what urun exec does"},
	{"rm", "all force", "containers would be gone that nobody named"},
	{"stop", "all", "containers would end that nobody named"},
	{"kill", "all", "it changes who gets the signal"},
	{"rmi", "all force", "images would be gone that nobody named"},
	{"prune", "all blobs force", "more would be gone than was asked for"},
	{"pull", "all-tags", "more would be fetched than was asked for"},
	{"push", "digestfile", "it is one call's own"},
	{"save", "output", "it is one call's own"},
	{"load", "input", "it is one call's own"},
	{"update", "*", "limits that nobody wrote would change with the others"},
}

// applySettings puts what a file says of a verb into the fields of its flags, as the command line would.
func applySettings(file string, list []config.Setting, v verb, fields map[string]field) error {
	before := map[any]string{}
	for _, s := range list {
		if s.Section != v.name {
			continue
		}
		says := ""
		f, known := fields["--"+s.Key]
		switch why := refusal(v.name, s.Key); {
		case why != "":
			says = s.Key + " cannot be a default: " + why
		case !known || len(s.Key) < 2:
			says = "there is no flag --" + printable(s.Key) + " of urun " + v.name + "; " + meantOr("--"+s.Key, flagNames(v), "urun help "+v.name+" lists them")
			if others := verbsWith("--" + s.Key); len(others) > 0 {
				says = "--" + s.Key + " is a flag of " + strings.Join(others, ", ") + " and not of urun " + v.name
			}
		case f.negated:
			says = "write " + strings.TrimPrefix(s.Key, "no-") + " = false"
		case before[f.value.Addr().Interface()] != "":
			says = s.Key + " is the same as " + before[f.value.Addr().Interface()] + "; write one of them"
		default:
			before[f.value.Addr().Interface()] = s.Key
			says = f.take(s)
		}
		if says != "" {
			return &config.Error{File: file, Line: s.Line, Says: says}
		}
	}
	return nil
}

func refusal(verb, key string) string {
	switch key { // of every verb
	case "config":
		return "it names the file"
	case "help":
		return "nothing else would be done"
	}
	for _, row := range notFromFile {
		if row.verb == verb && (row.flags == "*" || slices.Contains(strings.Fields(row.flags), key)) {
			return row.why
		}
	}
	return ""
}

// take sets the field, or says what to write instead.
func (f field) take(s config.Setting) string {
	want, placeholder := config.Text, f.tag.Get("placeholder")
	switch f.value.Addr().Interface().(type) {
	case *[]string:
		want = config.List
	case *bool, **bool:
		want = config.Truth
	case *explainFlag: // it may be alone
		if s.Kind == config.Truth {
			if s.Values[0] == "true" {
				f.set("", false)
			}
			return ""
		}
	}
	if s.Kind != want && (want != config.Text || s.Kind != config.Number) {
		how := map[config.Kind]string{config.Text: strconv.Quote(placeholder), config.List: "[" + strconv.Quote(placeholder) + "]", config.Truth: "true or " + s.Key + " = false"}
		return s.Key + " is " + s.Kind.String() + "; write " + s.Key + " = " + how[want]
	}
	for _, value := range s.Values {
		if value == "" {
			return s.Key + " = \"\": the value is empty; leave the line out"
		}
		if !f.set(value, true) {
			return s.Key + " cannot be a default"
		}
	}
	return ""
}

// checkSettings finds what is wrong with a file, whatever verb is called: one that is wrong in a part is not to be noticed late.
func checkSettings(file string, list []config.Setting) error {
	sections := map[string]bool{}
	for _, s := range list {
		if sections[s.Section] {
			continue
		}
		sections[s.Section] = true
		at := slices.IndexFunc(verbs(), func(v verb) bool { return v.name == s.Section })
		if at < 0 {
			return &config.Error{File: file, Line: s.Line, Says: "there is no verb " + strconv.Quote(s.Section) + "; " + meantOr(s.Section, verbList(), "a section is a verb, such as [run]")}
		}
		v := verbs()[at]
		if slices.Contains(tellers, v.name) {
			return &config.Error{File: file, Line: s.Line, Says: "urun " + v.name + " has no defaults; leave the section out"}
		}
		if err := applySettings(file, list, v, fieldsOf(v.make().groups())); err != nil {
			return err
		}
	}
	return nil
}

// defaults are what a file says of the verb that is called.
type defaults struct {
	file     string
	settings []config.Setting
}

// defaults reads them.
func (v verb) defaults(flag string) (d defaults, err error) {
	if slices.Contains(tellers, v.name) || len(v.make().groups()) == 0 {
		return d, nil
	}
	file, list, err := readConfig(flag)
	if err == nil {
		err = checkSettings(file, list)
	}
	if err != nil {
		return d, err
	}
	return defaults{file, slices.DeleteFunc(list, func(s config.Setting) bool { return s.Section != v.name })}, nil
}

// onDefaults reads the arguments, in which there was nothing wrong, a second time, on top of what the file says; where that says
// nothing the command stays as it is.
func (v verb) onDefaults(c command, args []string, common *commonFlags) (command, error) {
	d, err := v.defaults(common.Config)
	if err != nil || len(d.settings) == 0 {
		return c, err
	}
	c = v.make()
	if err := applySettings(d.file, d.settings, v, fieldsOf(c.groups())); err != nil {
		return nil, err
	}
	fastRead(args, v.groups(c, common))
	return c, nil
}
