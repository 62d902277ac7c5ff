package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/urun-project/urun/internal/config"
	"github.com/urun-project/urun/internal/container"
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
		case !known || len(s.Key) < 2:
			says = "there is no flag --" + printable(s.Key) + " of urun " + v.name + "; " + meantOr("--"+s.Key, flagNames(v), "urun help "+v.name+" lists them")
			if others := verbsWith("--" + s.Key); len(others) > 0 {
				says = "--" + s.Key + " is a flag of " + strings.Join(others, ", ") + " and not of urun " + v.name
			}
		case why != "":
			says = s.Key + " cannot be a default: " + why
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

// defaulted is a command with defaults from a file.
type defaulted struct {
	command
	file     string
	settings []config.Setting
}

// withDefaults reads the arguments again, on top of what the file says.
func (v verb) withDefaults(args []string, common *commonFlags) (c command, rest []string, err error) {
	file, list, err := readConfig(common.Config)
	if err != nil || len(list) == 0 {
		return nil, nil, err
	}
	if err := checkSettings(file, list); err != nil {
		return nil, nil, err
	}
	list = slices.DeleteFunc(list, func(s config.Setting) bool { return s.Section != v.name })
	if len(list) == 0 {
		return nil, nil, nil
	}
	c = v.make()
	if err := applySettings(file, list, v, fieldsOf(c.groups())); err != nil {
		return nil, nil, err
	}
	out := fastRead(args, v.groups(c, common))
	return &defaulted{c, file, list}, out.rest, nil
}

func (d *defaulted) run() (status int, err error) {
	status, err = d.command.run()
	return status, d.blame(err)
}

// blame adds to an error about a flag that nobody sees on the command line where it comes from.
func (d *defaulted) blame(err error) error {
	if err == nil {
		return nil
	}
	fields, from := fieldsOf(d.groups()), ""
	for _, s := range d.settings {
		if mentions(err.Error(), "--"+s.Key) && still(fields["--"+s.Key], s, err.Error()) {
			from += "; --" + s.Key + " is set in " + d.file + ":" + strconv.Itoa(s.Line)
		}
	}
	var e *container.Error
	if from == "" {
		return err
	}
	if errors.As(err, &e) {
		says := *e
		says.Says += from
		return &says
	}
	return fmt.Errorf("%w%s", err, from)
}

// mentions tells whether a flag is in a message, as a word.
func mentions(message, flag string) bool {
	for _, word := range strings.FieldsFunc(message, func(r rune) bool { return strings.ContainsRune(" :;,()=.", r) }) {
		if word == flag {
			return true
		}
	}
	return false
}

// still tells whether the file's value counts: of a list one that the message has, else the one that the command line left alone.
func still(f field, s config.Setting, message string) bool {
	switch to := f.value.Addr().Interface().(type) {
	case *string:
		return *to == s.Values[0]
	case *[]string:
		return slices.ContainsFunc(s.Values, func(v string) bool { return strings.Contains(message, strconv.Quote(v)) })
	case *bool:
		return strconv.FormatBool(*to) == s.Values[0]
	case **bool:
		return strconv.FormatBool(**to) == s.Values[0]
	}
	return false
}
