package cgroup2

import (
	"errors"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

// SharesToWeight converts CPU shares of cgroup v1 (2 to 262144, 1024 by default) to the
// cpu.weight of cgroup v2 (1 to 10000, 100 by default). The curve goes through both
// ends and through the defaults, and is the one that runc (since 1.3.2) and crun (since
// 1.23) agree on; the older straight line made 39 of the default.
func SharesToWeight(shares uint64) uint64 {
	switch {
	case shares <= 2:
		return 1
	case shares >= 262144:
		return 10000
	}
	l := math.Log2(float64(shares))
	return uint64(math.Ceil(math.Pow(10, (l*l+125*l)/612-7.0/34)))
}

// BlockIOWeight converts a weight of cgroup v1's blkio (10 to 1000) to io.weight's
// scale (1 to 10000), on a straight line as the OCI runtimes do.
func BlockIOWeight(weight uint16) uint64 { return 1 + (uint64(weight)-10)*9999/990 }

// Set are numbers of CPUs or memory nodes, in order.
type Set []int

const maxSet = 8192 // as many CPUs as Linux knows

// ParseSet reads the list format of cpuset(7), such as "0-2,7".
func ParseSet(list string) (Set, error) {
	var set Set
	for part := range strings.SplitSeq(strings.TrimSpace(list), ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		from, err1 := strconv.ParseUint(first, 10, 16)
		to, err2 := strconv.ParseUint(last, 10, 16)
		if err1 != nil || err2 != nil || from > to || to >= maxSet {
			return nil, errors.New(strconv.Quote(list) + " is no list of numbers, such as 0-2,7")
		}
		for n := from; n <= to; n++ {
			set = append(set, int(n))
		}
	}
	slices.Sort(set)
	return slices.Compact(set), nil
}

// String is the shortest form of the list.
func (s Set) String() string {
	var parts []string
	for i := 0; i < len(s); {
		j := i
		for j+1 < len(s) && s[j+1] == s[j]+1 {
			j++
		}
		part := strconv.Itoa(s[i])
		if j > i {
			part += "-" + strconv.Itoa(s[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ",")
}

// Bits is the set as systemd takes it: bit n of byte n/8 is number n.
func (s Set) Bits() []byte {
	if len(s) == 0 {
		return nil
	}
	b := make([]byte, s[len(s)-1]/8+1)
	for _, n := range s {
		b[n/8] |= 1 << (n % 8)
	}
	return b
}

// Without are the numbers of s that are not in t.
func (s Set) Without(t Set) Set {
	return slices.DeleteFunc(slices.Clone(s), func(n int) bool { return slices.Contains(t, n) })
}

// CheckOnline refuses settings that name CPUs or memory nodes which this machine does
// not have: systemd would leave them out without a word.
func CheckOnline(settings []Setting) error {
	for _, s := range settings {
		where := map[string]string{"cpuset.cpus": "/sys/devices/system/cpu/online", "cpuset.mems": "/sys/devices/system/node/online"}[s.File]
		if where == "" {
			continue
		}
		b, err := os.ReadFile(where)
		if err != nil {
			continue // a kernel without NUMA has no nodes to read; the file tells what it takes
		}
		there, err1 := ParseSet(string(b))
		want, err2 := ParseSet(s.Value)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		if missing := want.Without(there); len(missing) > 0 {
			return &OfflineError{Setting: s, Missing: missing, Online: there}
		}
	}
	return nil
}

// OfflineError tells of CPUs or memory nodes that are not there.
type OfflineError struct {
	Setting
	Missing, Online Set
}

func (e *OfflineError) Error() string {
	return e.File + ": this machine has no " + e.Missing.String() + ", only " + e.Online.String()
}
