package users

import (
	"strconv"
	"strings"
	"testing"
)

// An id is called what the first line that has it says, and nothing when there is none.
func FuzzNames(f *testing.F) {
	for _, file := range []string{passwd, group, "", "\n", ":x:0:0", "root:x:0", "root:x:-1", "root:x:4294967296", "a:x:1\nb:x:01\nc:x:1", "root", "#root:x:0:", "+::::::", "a:x:1:\x00", " a:x:1", "a\x1b[2J:x:1:"} {
		f.Add(file, uint32(0))
		f.Add(file, uint32(1))
	}
	f.Fuzz(func(t *testing.T, file string, id uint32) {
		if len(file) > 1<<16 {
			return
		}
		want := ""
		for _, line := range strings.Split(file, "\n") {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") {
				continue
			}
			fields := strings.SplitN(line, ":", 4)
			if len(fields) < 3 || fields[0] == "" || fields[2] == "" || strings.Trim(fields[2], "0123456789") != "" {
				continue
			}
			if n := strings.TrimLeft(fields[2], "0"); n == strings.TrimLeft(strconv.FormatUint(uint64(id), 10), "0") && want == "" {
				want = fields[0]
			}
		}
		if got := parseNames("etc/passwd", strings.NewReader(file))[id]; got != want {
			t.Fatalf("%q: %d is %q, want %q", file, id, got, want)
		}
	})
}
