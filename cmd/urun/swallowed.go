package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// takesPaths are flags whose value may be a directory.
const takesPaths = " --volume --mount --tmpfs --overlay --workdir --deny --device --cgroup-parent --env --env-file --json --cidfile --pidfile --security-opt --authfile --cert-dir --platform "

// swallowed says which flag took the ROOTFS for its value, where a word that is no directory is left in its place; "" when none
// did. left is that word, or "" when there is none.
func (c *runCmd) swallowed(left string, isDir func(path string) bool) string {
	if left != "" && isDir(left) {
		return ""
	}
	fields := fieldsOf(c.groups())
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		f := fields[name]
		value, ok := f.last()
		if !ok || !strings.HasPrefix(name, "--") || strings.Contains(takesPaths, " "+name+" ") || !strings.Contains(value, "/") || !isDir(value) {
			continue
		}
		rest := "nothing is left for ROOTFS"
		if left != "" {
			rest = strconv.Quote(left) + " is no directory to be ROOTFS"
		}
		return name + " took " + strconv.Quote(value) + " for its value, and " + rest + "; write " + name + " " + f.tag.Get("placeholder") + " " + strings.TrimSpace(value+" "+left)
	}
	return ""
}

// last is a flag's value as it was written last.
func (f field) last() (value string, ok bool) {
	switch to := f.value.Addr().Interface().(type) {
	case *string:
		return *to, *to != ""
	case **string:
		if *to != nil {
			return **to, true
		}
	case *[]string:
		if n := len(*to); n > 0 {
			return (*to)[n-1], true
		}
	}
	return "", false
}
