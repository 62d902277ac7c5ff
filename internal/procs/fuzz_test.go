package procs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What a process has called itself is in the line Name alone, where the kernel escapes line feeds and backslashes.
func FuzzParseStatus(f *testing.F) {
	for _, name := range []string{"sh", "", "Uid:", "a\nUid:\t0\t0\t0\t0", `\`, "\rUid:\t0\t0\t0\t0", "NSpid:\t1", "\xff\x1b[2J"} {
		f.Add(name, uint32(2), uint32(6), 4711, 1)
	}
	f.Fuzz(func(t *testing.T, name string, uid, gid uint32, host, inside int) {
		_, _ = parseStatus([]byte(name)) // by itself it may be anything
		escaped := strings.NewReplacer("\n", `\n`, `\`, `\\`).Replace(name)
		s, err := parseStatus(fmt.Appendf(nil, "Name:\t%s\nUmask:\t0022\nUid:\t1\t%d\t3\t4\nGid:\t5\t%d\t7\t8\nNStgid:\t9\nNSpid:\t%d\t%d\n", escaped, uid, gid, host, inside))
		if err != nil || s.uid != uid || s.gid != gid || !slices.Equal(s.pids, []int{host, inside}) {
			t.Fatalf("%q: %+v, %v", name, s, err)
		}
	})
}

// A map is refused, or each of its ids is translated by the line that it is in.
func FuzzTranslate(f *testing.F) {
	for _, s := range []string{"", "0 1000 1\n1 100000 65536\n", "0 0 4294967295\n", "0 1\n", "0 0 x\n", "-1 -1 -1\n", "\n", "4294967294 4294967294 1\n", "9223372036854775807 0 1\n"} {
		f.Add([]byte(s), uint32(1000))
		f.Add([]byte(s), uint32(1001))
	}
	f.Fuzz(func(t *testing.T, b []byte, id uint32) {
		spans, err := parseMap(b)
		if err != nil {
			if spans != nil {
				t.Fatalf("%q: %v beside %v", b, spans, err)
			}
			return
		}
		if spans == nil {
			t.Fatalf("%q would be the caller's own namespace", b)
		}
		want := uint32(nobody)
		for _, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
			var n [3]int64
			for i, w := range strings.Fields(line) {
				n[i], _ = strconv.ParseInt(w, 10, 64)
			}
			if n[0] < 0 || n[1] < 0 || n[2] < 1 || max(n[0], n[1], n[2]) >= 1<<32 {
				return // the kernel shows no such line
			}
			if at := int64(id) - n[1]; at >= 0 && at < n[2] {
				want = uint32(n[0] + at)
				break
			}
		}
		if got := translate(spans, id); got != want {
			t.Fatalf("%q: %d is %d, want %d", b, id, got, want)
		}
	})
}

// Arguments are what was given to execve(2), but for empty ones at the end.
func FuzzArguments(f *testing.F) {
	for _, s := range []string{"sh\n-c\nx", "", "\n", "a\n\nb", "\xff\x1b[2J\n ", "nginx: worker"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, lines string) {
		if strings.Contains(lines, "\x00") {
			return
		}
		want := strings.Split(strings.TrimRight(lines, "\n"), "\n")
		if want[0] == "" && len(want) == 1 {
			want = nil
		}
		if got := arguments([]byte(strings.ReplaceAll(lines, "\n", "\x00") + "\x00")); !slices.Equal(got, want) {
			t.Fatalf("%q: %q, want %q", lines, got, want)
		}
	})
}

// There is a column for each name, or one plain line that says which name is wrong.
func FuzzColumns(f *testing.F) {
	for _, s := range []string{"", "pid", "PID,Args", "user\nhuser,tty", ",", "pid,", "nope", "%cpu", "pid \x1b[2J", "ſtate", "K"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		names := strings.Split(s, "\n")
		list, err := Columns(names, Names{})
		if err != nil {
			if list != nil || strings.ContainsAny(err.Error(), "\n\x1b\x00") {
				t.Fatalf("%q: %v, %q", s, list, err)
			}
			return
		}
		want := strings.Split(strings.ReplaceAll(s, "\n", ","), ",")
		if len(list) != len(want) {
			t.Fatalf("%q: %d columns", s, len(list))
		}
		for i, name := range want {
			if !slices.ContainsFunc(ColumnNames(), func(known string) bool { return strings.EqualFold(known, name) }) {
				t.Fatalf("%q: %q gives the column %s", s, name, list[i].Header)
			}
			list[i].Value(Process{})
		}
	})
}
