package seccomp

import (
	"iter"
	"sort"
)

//go:generate go run ./generate

// call is a system call's name and its number.
type call struct {
	name string
	nr   uint16
}

// table returns an architecture's calls in the order of their numbers, and the places in it in the order of the names.
// Both tables are in every build: a profile can be read, and a filter printed, for a machine that this is not.
func table(arch string) ([]call, []uint16) {
	switch arch {
	case "amd64":
		return amd64Calls[:], amd64ByName[:]
	case "arm64":
		return arm64Calls[:], arm64ByName[:]
	}
	return nil, nil
}

// number looks up the number of a call of an architecture, which is named as Go names it.
func number(arch, name string) (nr int, ok bool) {
	calls, byName := table(arch)
	i := sort.Search(len(byName), func(i int) bool { return calls[byName[i]].name >= name })
	if i == len(byName) || calls[byName[i]].name != name {
		return 0, false
	}
	return int(calls[byName[i]].nr), true
}

// names yields the numbers and names of an architecture's calls, in the order of the numbers.
func names(arch string) iter.Seq2[int, string] {
	calls, _ := table(arch)
	return func(yield func(int, string) bool) {
		for _, c := range calls {
			if !yield(int(c.nr), c.name) {
				return
			}
		}
	}
}
