package attach

import (
	"bytes"
	"testing"
)

func TestParseKeys(t *testing.T) {
	for s, want := range map[string]string{
		DefaultKeys:     "\x10\x11",
		"":              "",
		"a":             "a",
		"ctrl-@,ctrl-[": "\x00\x1b",
		"ctrl-a,ctrl-z": "\x01\x1a",
		`ctrl-\,ctrl-]`: "\x1c\x1d",
		"ctrl-^,ctrl-_": "\x1e\x1f",
		"~,.,-":         "~.-",
	} {
		if got, err := ParseKeys(s); err != nil || string(got) != want {
			t.Errorf("%q: got %q, %v", s, got, err)
		}
	}
	for _, s := range []string{",", "a,", "ab", "ctrl-", "ctrl-P", "ctrl-1", "ctrl-ab", "ctrl-p ,a", "CTRL-p", "é", "\xff"} {
		if got, err := ParseKeys(s); err == nil {
			t.Errorf("%q: got %q", s, got)
		}
	}
}

func TestScan(t *testing.T) {
	for _, c := range []struct {
		keys, typed, out, rest string
		detach                 bool
	}{
		{"\x10\x11", "abc", "abc", "", false},
		{"\x10\x11", "a\x10\x11", "a", "", true},
		{"\x10\x11", "a\x10\x11left", "a", "", true},
		{"\x10\x11", "\x10b\x11", "\x10b\x11", "", false},
		{"\x10\x11", "\x10\x10\x11", "\x10", "", true},
		{"\x10\x11", "\x10\x10\x10", "\x10\x10", "\x10", false},
		{"\x10\x11", "\x11\x10", "\x11", "\x10", false},
		{"aab", "aaab", "a", "", true},
		{"abac", "ababac", "ab", "", true},
		{"abac", "ababab", "abab", "ab", false},
		{"q", "xq", "x", "", true},
		{"", "\x10\x11", "\x10\x11", "", false},
	} {
		for size := 1; size <= len(c.typed); size++ { // however the reads cut it
			s := NewScanner(Keys(c.keys))
			var out []byte
			detach := false
			for p := []byte(c.typed); len(p) > 0 && !detach; p = p[min(size, len(p)):] {
				var o []byte
				o, detach = s.Scan(p[:min(size, len(p))])
				out = append(out, o...)
			}
			if rest := s.Rest(); string(out) != c.out || string(rest) != c.rest || detach != c.detach {
				t.Errorf("%q of %q by %d: got %q, %q, %v", c.typed, c.keys, size, out, rest, detach)
			}
			if len(s.Rest()) != 0 {
				t.Error("the rest comes twice")
			}
		}
	}
}

// Nothing that is typed is lost, and only the sequence detaches.
func FuzzScan(f *testing.F) {
	f.Add([]byte("\x10\x11"), []byte("\x10\x10\x11"), 1)
	f.Add([]byte("abab"), []byte("ababbabab"), 2)
	f.Fuzz(func(t *testing.T, keys, typed []byte, size int) {
		if len(keys) == 0 || size < 1 {
			return
		}
		s := NewScanner(keys)
		var out []byte
		for p := typed; len(p) > 0; p = p[min(size, len(p)):] {
			o, detach := s.Scan(p[:min(size, len(p))])
			out = append(out, o...)
			if detach {
				if at := bytes.Index(typed, keys); at != len(out) || !bytes.Equal(out, typed[:at]) {
					t.Fatalf("%q of %q by %d: detached after %q", typed, keys, size, out)
				}
				return
			}
		}
		if out = append(out, s.Rest()...); !bytes.Equal(out, typed) || bytes.Contains(typed, keys) {
			t.Fatalf("%q of %q by %d: got %q", typed, keys, size, out)
		}
	})
}
