package procs

import (
	"slices"
	"strings"
	"testing"
	"time"
)

const behind = ") S 41 42 42 34817 42 4194304 100 0 0 0 150 50 0 0 20 -5 3 0 6000 8388608 512 18446744073709551615 1 1 0\n"

func TestANameIsWhatStandsBetweenTheOuterParentheses(t *testing.T) {
	for _, comm := range []string{"sh", "", "a b", ")", "(", ") R 1 (", "x\n) Z 1 1", "\xff\x1b[2J"} {
		s, err := parseStat([]byte("43 (" + comm + behind))
		want := stat{comm, "S", 41, 34817, 2 * time.Second, -5, 3, time.Minute, 8388608, 512}
		if err != nil || s != want {
			t.Errorf("%q: %+v, %v, want %+v", comm, s, err, want)
		}
	}
}

func TestATornStatIsAnError(t *testing.T) {
	line := "43 (sh" + behind
	for _, bad := range []string{"", "43", "43 (sh", "43 )sh(" + behind[1:], "43 (sh)", strings.Replace(line, " 41 ", " x ", 1),
		strings.Replace(line, "8388608", "-1", 1), line[:strings.Index(line, " 512")]} {
		if s, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q gives %+v", bad, s)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	for _, s := range []string{"43 (sh" + behind, "sh", ")", "x\n) Z 1 (", "43 (((" + behind, "1 () S", strings.Repeat("9", 40), "(" + strings.Repeat(") 1", 30)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = parseStat(b)
		// As a name it can be anything.
		s, err := parseStat(slices.Concat([]byte("43 ("), b, []byte(behind)))
		if err != nil || s.comm != string(b) || s.ppid != 41 {
			t.Fatalf("%q: %+v, %v", b, s, err)
		}
	})
}

const someStatus = "Name:\tUid:\\n\nState:\tS (sleeping)\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nNSpid:\t4711\t12\t1\nNSsid:\t9\n"

func TestStatusGivesEffectiveIdsAndEveryPid(t *testing.T) {
	s, err := parseStatus([]byte(someStatus))
	if err != nil || s.uid != 2 || s.gid != 6 || !slices.Equal(s.pids, []int{4711, 12, 1}) {
		t.Errorf("%+v, %v", s, err)
	}
	for _, without := range []string{"Uid:\t1", "Gid:", "NSpid:", "\t4711\t12\t1", "\t8", "\t2"} {
		if s, err := parseStatus([]byte(strings.Replace(someStatus, without, "", 1))); err == nil {
			t.Errorf("without %q: %+v", without, s)
		}
	}
}

func TestIdsAreTranslatedByTheMaps(t *testing.T) {
	spans, err := parseMap([]byte("         0       1000          1\n         1     100000      65536\n"))
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[uint32]uint32{1000: 0, 100000: 1, 165535: 65536, 165536: nobody, 1001: nobody, 0: nobody, 99999: nobody} {
		if got := translate(spans, id); got != want {
			t.Errorf("%d is %d inside, want %d", id, got, want)
		}
	}
	if got := translate(nil, 1000); got != 1000 {
		t.Errorf("in the caller's own namespace 1000 is %d", got)
	}
	if none, err := parseMap(nil); err != nil || translate(none, 1000) != nobody {
		t.Errorf("without a map 1000 is %d, %v", translate(none, 1000), err)
	}
	for _, bad := range []string{"0 1\n", "0 1 x\n", "1 2 3 4\n"} {
		if got, err := parseMap([]byte(bad)); err == nil {
			t.Errorf("%q gives %v", bad, got)
		}
	}
}

func TestTerminalsHaveNames(t *testing.T) {
	for dev, want := range map[uint32]string{0: "?", 136 << 8: "pts/0", 136<<8 | 7: "pts/7", 1<<20 | 136<<8 | 1: "pts/257", 4<<8 | 1: "tty1", 4<<8 | 65: "ttyS1", 5<<8 | 1: "console", 8 << 8: "?"} {
		if got := ttyName(dev); got != want {
			t.Errorf("%#x is %s, want %s", dev, got, want)
		}
	}
}

func TestArgumentsAreCutAtNul(t *testing.T) {
	for in, want := range map[string][]string{"": nil, "\x00\x00": nil, "sh\x00-c\x00a b\x00": {"sh", "-c", "a b"}, "a\x00\x00b\x00": {"a", "", "b"}, "nginx: worker": {"nginx: worker"}} {
		if got := arguments([]byte(in)); !slices.Equal(got, want) {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}
