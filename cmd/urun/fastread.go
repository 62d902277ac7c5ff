package main

import (
	"reflect"
	"strings"
)

// Reading flags with kong takes 0.3 ms for one and 0.9 ms for all groups, in a start of 3 ms: it builds a model of every flag
// first. So what most command lines consist of is read here, from the same struct tags, and kong reads the rest and makes
// the complaints. A fuzz test holds the two against each other.

// field is where a flag's value goes.
type field struct {
	value   reflect.Value
	negated bool // the flag is the --no- form
}

// outcome is what came of reading flags the fast way.
type outcome struct {
	rest    []string // the first argument that is no flag and all after it, verbatim; "--" before it is gone
	unsure  bool     // kong has to read it all again
	unknown string   // the first flag that there is not; or empty
}

// fastRead reads the flags before the first argument that is none. Where it is not sure it has possibly set some of them.
func fastRead(args []string, groups []any) outcome {
	if len(args) == 0 || !isFlag(args[0]) {
		return outcome{rest: args}
	}
	fields := make(map[string]field, 64)
	for _, group := range groups {
		index(fields, reflect.ValueOf(group).Elem())
	}
	for len(args) > 0 && isFlag(args[0]) {
		if args[0] == "--" {
			return outcome{rest: args[1:]}
		}
		took, unknown := readOne(args, fields)
		if took == 0 {
			return outcome{unsure: true, unknown: unknown}
		}
		args = args[took:]
	}
	return outcome{rest: args}
}

// index finds the flags of a group by the names they have: "--volume", "-v", "--no-init".
func index(fields map[string]field, group reflect.Value) {
	t := group.Type()
	for i := range t.NumField() {
		sf, value := t.Field(i), group.Field(i)
		if sf.Anonymous {
			index(fields, value)
			continue
		}
		name := sf.Tag.Get("name")
		fields["--"+name] = field{value: value}
		if short := sf.Tag.Get("short"); short != "" {
			fields["-"+short] = field{value: value}
		}
		if alias := sf.Tag.Get("aliases"); alias != "" {
			fields["--"+alias] = field{value: value}
		}
		if _, ok := sf.Tag.Lookup("negatable"); ok {
			fields["--no-"+name] = field{value, true}
		}
	}
}

func isFlag(arg string) bool { return len(arg) > 1 && arg[0] == '-' }

// readOne reads the flags of the first argument and tells how many arguments they took; none when it is not sure.
func readOne(args []string, fields map[string]field) (took int, unknown string) {
	arg := args[0]
	if strings.HasPrefix(arg, "--") {
		name, value, attached := strings.Cut(arg, "=")
		return set(fields, name, value, attached, args)
	}
	for i := 1; i < len(arg); i++ {
		name, tail := "-"+arg[i:i+1], arg[i+1:]
		f, ok := fields[name]
		switch {
		case ok && !f.alone():
			return set(fields, name, tail, tail != "", args)
		case strings.HasPrefix(tail, "="):
			return 0, ""
		}
		if took, unknown := set(fields, name, "", false, args); took == 0 {
			return 0, unknown
		}
	}
	return 1, ""
}

// alone tells whether the flag needs no value.
func (f field) alone() bool {
	switch f.value.Interface().(type) {
	case bool, *bool, explainFlag:
		return true
	}
	return false
}

func set(fields map[string]field, name, value string, attached bool, args []string) (took int, unknown string) {
	f, ok := fields[name]
	if !ok {
		return 0, name
	}
	if f.alone() {
		if attached {
			return 0, ""
		}
		return f.setAlone(), ""
	}
	took = 1
	if !attached {
		if len(args) < 2 || strings.HasPrefix(args[1], "-") {
			return 0, ""
		}
		value, took = args[1], 2
	}
	switch to := f.value.Addr().Interface().(type) {
	case *string:
		*to = value
	case *[]string:
		*to = append(*to, value)
	default:
		return 0, ""
	}
	return took, ""
}

func (f field) setAlone() (took int) {
	switch to := f.value.Addr().Interface().(type) {
	case *bool:
		*to = !f.negated
	case **bool:
		yes := !f.negated
		*to = &yes
	case *explainFlag:
		*to = explainText
	}
	return 1
}
