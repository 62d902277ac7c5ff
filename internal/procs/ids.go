package procs

import (
	"bytes"
	"fmt"

	"golang.org/x/sys/unix"
)

// span is a line of /proc/PID/uid_map.
type span struct{ inside, outside, size int }

func parseMap(b []byte) ([]span, error) {
	spans := []span{} // not nil: a namespace that has no ids yet is not the caller's
	for line := range bytes.Lines(b) {
		n, err := numbers(bytes.Fields(line))
		if err == nil && len(n) != 3 {
			err = fmt.Errorf("%q is not three numbers", line)
		}
		if err != nil {
			return nil, err
		}
		spans = append(spans, span{n[0], n[1], n[2]})
	}
	return spans, nil
}

// nobody is what the kernel shows for an id without a name in a user namespace.
const nobody = 65534

// translate is an id of the caller's as the user namespace with these spans has it. Nil
// stands for the caller's own namespace.
func translate(spans []span, id uint32) uint32 {
	for _, s := range spans {
		if n := int(id) - s.outside; n >= 0 && n < s.size {
			return uint32(s.inside + n)
		}
	}
	if spans == nil {
		return id
	}
	return nobody
}

// sameUserNamespace tells whether a process is in the caller's, whose maps tell of the
// one above: user_namespaces(7).
func sameUserNamespace(dir int) bool {
	var mine, its unix.Stat_t
	return unix.Stat("/proc/self/ns/user", &mine) == nil && unix.Fstatat(dir, "ns/user", &its, 0) == nil && mine.Ino == its.Ino
}
