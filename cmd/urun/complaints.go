package main

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/urun-project/urun/internal/ocispec"
)

func (f field) lacksValue(name string, next []string) string {
	before := ""
	if len(next) > 0 {
		before = " before " + strconv.Quote(next[0])
	}
	if _, err := strconv.Atoi(strings.Join(next[:min(1, len(next))], "")); err == nil {
		return name + " needs a value" + before + ": one that begins with a dash is written " + name + "=" + next[0]
	}
	return name + " needs a value" + before + ": write " + name + " " + f.tag.Get("placeholder")
}

func (f field) emptyValue(name string) string {
	return name + " \"\": the value is empty; write " + name + " " + f.tag.Get("placeholder")
}

// wrongValue is about flags that can be without a value; others take any.
func (f field) wrongValue(name, value string) string {
	says := name + " " + strconv.Quote(value) + ": write " + name + ", " + name
	if _, ok := f.value.Addr().Interface().(*explainFlag); ok {
		return says + "=text or " + name + "=json"
	}
	return says + "=true or " + name + "=false"
}

// unknownFlag says what to do instead of a flag that other tools have, or which flag may have been meant.
func unknownFlag(name string, v verb) error {
	instead, of := ocispec.Unsupported, "urun"
	switch v.name {
	case "run":
	case "pull":
		instead, of = ocispec.Unsupported, "urun pull"
	case "unshare":
		instead, of = ocispec.UnsupportedByUnshare, "urun unshare"
	case "exec":
		instead, of = notInExec, "urun exec"
	default:
		instead = func(string) (string, bool) { return "", false }
	}
	if why, ok := instead(name); ok {
		return errors.New(of + " has no " + name + ": " + why)
	}
	if v.name == "kill" && !strings.HasPrefix(name, "--") {
		return errors.New("unknown flag " + name + "; another signal is written -s SIGNAL, such as -s TERM")
	}
	otherwise := "urun help " + v.name + " lists them"
	if others := verbsWith(name); len(others) > 0 {
		return errors.New("urun " + v.name + " has no flag " + name + ", which is one of " + strings.Join(others, ", ") + "; " + otherwise)
	}
	return errors.New("unknown flag " + name + "; " + meantOr(name, flagNames(v), otherwise))
}

// verbsWith are the verbs that have a flag.
func verbsWith(name string) (list []string) {
	for _, v := range verbs() {
		if _, has := fieldsOf(v.make().groups())[name]; has {
			list = append(list, "urun "+v.name)
		}
	}
	return list
}

// flagNames are the long names of a verb's flags, sorted.
func flagNames(v verb) []string {
	names := []string{"--help", "--version"}
	for name := range fieldsOf(v.groups(v.make(), &commonFlags{})) {
		if strings.HasPrefix(name, "--") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
