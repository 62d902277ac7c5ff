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
	says := "unknown flag " + name + "; "
	if near := nearest(name, flagNames(v)); len(near) > 0 {
		return errors.New(says + "did you mean " + strings.Join(near, " or ") + "?")
	}
	if _, ok := fieldsOf((&runCmd{}).groups())[name]; ok && v.name != "run" {
		says += "urun run has it; "
	}
	return errors.New(says + "urun help " + v.name + " lists them")
}

// flagNames are the long names of a verb's flags, sorted.
func flagNames(v verb) []string {
	names := []string{"--help", "--version"}
	for name := range fieldsOf(v.make().groups()) {
		if strings.HasPrefix(name, "--") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// nearest are the names that differ least from what was written, in two letters at most. A letter alone is like any other.
func nearest(name string, names []string) []string {
	var near []string
	if !strings.HasPrefix(name, "--") {
		return nil
	}
	best := 2
	for _, other := range names {
		d := distance(name, other)
		if len(name) > len("--xx") && strings.HasPrefix(other, name) {
			d = 0
		}
		switch {
		case d < best:
			best, near = d, []string{other}
		case d == best:
			near = append(near, other)
		}
	}
	return near
}

// distance is how many letters one has to put in, take out or change to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j+1]+1, row[j]+1, change)
		}
	}
	return row[len(b)]
}
