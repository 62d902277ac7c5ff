package ocispec

import (
	"encoding/csv"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// onePlainLine fails the test unless a complaint is one line that a terminal does not obey, with the flag in it.
func onePlainLine(t *testing.T, flag, value string, err error) {
	t.Helper()
	if s := err.Error(); strings.ContainsAny(s, "\n\r\x1b\x00") || !strings.Contains(s, flag) {
		t.Errorf("%s %q: %q is not one plain line with the flag", flag, value, s)
	}
}

// What a file of variables gives is read as the same again when it is written as one.
func FuzzEnvFile(f *testing.F) {
	for _, s := range []string{
		"", "A=1\nB=2\n", "# A=1\n\n  B=2", "\ufeffA=1\r\nB=\r\n", "A", "TERM", "A=1\nA=2\nA", "=1", "A B=1", "A\x00=1", "A=\x00", "A=\"quoted\"", "export A=1", "A==", "é=1", "\tA=1", "A=a\rb", "MINE", "A=\xff",
	} {
		f.Add(s)
	}
	caller := []string{"MINE=1", "TERM=foot", "=odd", "MINE=2"}
	f.Fuzz(func(t *testing.T, text string) {
		env := newEnviron(8)
		if why := env.addLines(text, caller); why != "" {
			onePlainLine(t, "line ", text, bad("--env-file", "f", why))
			return
		}
		for _, entry := range env.list {
			if name, _, ok := strings.Cut(entry, "="); !ok || name == "" || strings.ContainsAny(name, "\x00\n \t") || strings.ContainsAny(entry, "\x00\n") {
				t.Fatalf("%q gives %q", text, entry)
			}
			// None comes from nowhere.
			if !strings.Contains(text, entry) && !slices.Contains(caller, entry) {
				t.Fatalf("%q gives %q", text, entry)
			}
		}
		again := newEnviron(8)
		if why := again.addLines("\n"+strings.Join(append(env.list, ""), "\r\n"), nil); why != "" || !slices.Equal(env.list, again.list) {
			t.Fatalf("%q gives %q, and that %q, %s", text, env.list, again.list, why)
		}
	})
}

// The fields of --mount are those that encoding/csv has.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"", ",", "a,b", `"a,b",c`, `"a""b"`, `""`, `"`, `a"b`, `"a"b`, `"a",`, `"a"",b`, " a , b ", `a,"b`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if strings.ContainsAny(line, "\r\n") || line == "" {
			return // one line; that package has no fields for an empty one
		}
		got, ok := splitCSV(line)
		want, err := csv.NewReader(strings.NewReader(line)).Read()
		if ok != (err == nil) || ok && !slices.Equal(got, want) {
			t.Fatalf("%q: %q, %v, want %q, %v", line, got, ok, want, err)
		}
	})
}

var sizeForm = regexp.MustCompile(`^([0-9]+)(?:([kmgt])(i?b)?|b)?$`)

// A size is the number that it says, times the power of its unit, or none.
func FuzzSize(f *testing.F) {
	for _, s := range []string{"0", "1", "1b", "1kb", "64m", "2G", "1TiB", "1ib", "1bk", "9223372036854775807", "9223372036854775808", "8388607t", "8388608t", "1.5g", "-1", "+1", "1 k", "0x1", "", "k", "1_0", "K", "１"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := new(big.Int)
		if m := sizeForm.FindStringSubmatch(strings.ToLower(s)); m != nil {
			want.SetString(m[1], 10)
			want.Lsh(want, uint(10*max(0, strings.Index(" kmgt", m[2]))))
		}
		got, ok := parseSize(s)
		if ok != (want.Sign() > 0 && want.IsInt64()) || ok && got != want.Int64() {
			t.Fatalf("%q is %d, %v, want %s", s, got, ok, want)
		}
		if again, _ := parseSize(formatSize(got)); ok && again != got {
			t.Fatalf("%q is %d, written %s, read as %d", s, got, formatSize(got), again)
		}
	})
}

// A limit says the same when it is written out.
func FuzzUlimit(f *testing.F) {
	for _, s := range []string{"nofile=1024", "nofile=1:2", "RLIMIT_CORE=unlimited", "core=-1:-1", "nofile=2:1", "nofile=18446744073709551615", "nofile=-2", "nofile", "=1", "x=1", "nofile=1:", "nofile=:1", "nofile=1:2:3", "nofile=+1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := rlimits([]string{s})
		if err != nil {
			onePlainLine(t, "--ulimit", s, err)
			return
		}
		l := list[0]
		written := strings.TrimPrefix(l.Type, "RLIMIT_") + "=" + strconv.FormatUint(l.Soft, 10) + ":" + strconv.FormatUint(l.Hard, 10)
		if again, err := rlimits([]string{s, written}); err != nil || len(again) != 1 || again[0] != l || validateRlimits(again) != nil {
			t.Fatalf("%q is %+v, written %s, read as %+v, %v", s, l, written, again, err)
		}
	})
}

var idForm = regexp.MustCompile(`^(0|[1-9][0-9]*)(?::(0|[1-9][0-9]*))?$`)

// Only decimal numbers that are ids are taken without a look into passwd.
func FuzzNumericUser(f *testing.F) {
	for _, s := range []string{"", "0", "1000", "0:0", "65534:65534", "01", "0x1", "+1", "-1", "1:", ":1", "4294967294", "4294967295", "4294967296", "1:4294967295", "1:2:3", "root", "１", "1 ", "18446744073709551616"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		uid, gid, ok := numericUser(s)
		m := idForm.FindStringSubmatch(s)
		var want [2]uint64
		fits := m != nil
		for i := range want {
			if fits && m[i+1] != "" {
				var err error
				want[i], err = strconv.ParseUint(m[i+1], 10, 32)
				fits = err == nil && want[i] != 1<<32-1
			}
		}
		if ok != fits || ok && (uint64(uid) != want[0] || uint64(gid) != want[1]) {
			t.Fatalf("%q is %d:%d, %v, want %v, %v", s, uid, gid, ok, want, fits)
		}
	})
}

// Nothing that was dropped is in the set, nothing that was added is missing, and nothing comes from nowhere.
func FuzzCaps(f *testing.F) {
	for _, s := range [][2]string{{"", ""}, {"NET_RAW", "all"}, {"ALL", "cap_chown"}, {"ALL", "ALL"}, {"sys_admin,NET_ADMIN", "KILL"}, {"KILL", "kill"}, {"x", ""}, {",", ""}, {"CAP_CAP_KILL", ""}, {"\u017fYS_ADMIN", ""}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, add, drop string) {
		var adds, drops []string
		if add != "" {
			adds = strings.Split(add, "\n")
		}
		if drop != "" {
			drops = strings.Split(drop, "\n")
		}
		set, err := mergeCaps(adds, drops)
		if err != nil {
			onePlainLine(t, "--cap-", add+" "+drop, err)
			return
		}
		has := func(list []string, name string) bool {
			return slices.ContainsFunc(strings.Split(strings.Join(list, ","), ","), func(s string) bool {
				return strings.EqualFold(s, name) || strings.EqualFold("CAP_"+s, name)
			})
		}
		for _, name := range allCaps {
			in := slices.Contains(set, name)
			want := has(adds, name) || !has(drops, name) && (has(adds, "ALL") || slices.Contains(defaultCaps, name) && !has(drops, "ALL"))
			if in != want {
				t.Fatalf("+%q -%q: %s is %v, want %v", adds, drops, name, in, want)
			}
		}
		added, err := addedCaps(adds, set)
		if err != nil || slices.ContainsFunc(added, func(name string) bool { return !slices.Contains(set, name) }) {
			t.Fatalf("+%q -%q: %q of %q, %v", adds, drops, added, set, err)
		}
	})
}
