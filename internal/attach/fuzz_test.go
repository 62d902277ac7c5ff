package attach

import (
	"strings"
	"testing"
)

// A sequence of keys has a byte for each name, and is found when it is typed, and not before.
func FuzzParseKeys(f *testing.F) {
	for _, s := range []string{"", DefaultKeys, "a", "a,b", ",", "ctrl-", "ctrl-A", "ctrl-@", "ctrl-[,ctrl-_", "é", "ctrl-p,", "\x1b", "ctrl-p,ctrl-p,ctrl-q", "\xff", "Ctrl-p", "ctrl-pq"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		keys, err := ParseKeys(s)
		if err != nil {
			if keys != nil || strings.ContainsAny(err.Error(), "\n\x1b\x00") {
				t.Fatalf("%q: %q, %q", s, keys, err)
			}
			return
		}
		if s == "" {
			if keys != nil {
				t.Fatalf("none is %q", keys)
			}
			return
		}
		names := strings.Split(s, ",")
		if len(keys) != len(names) {
			t.Fatalf("%q is %q", s, keys)
		}
		for i, name := range names {
			x, ctrl := strings.CutPrefix(name, "ctrl-")
			if ctrl && (keys[i] != x[0]-'a'+1 && keys[i] != x[0]-'@' || keys[i] > 31) || !ctrl && string(keys[i]) != name {
				t.Fatalf("%q: %q is %q", s, name, keys[i])
			}
		}
		typed := NewScanner(keys)
		if _, detach := typed.Scan(keys[:len(keys)-1]); detach {
			t.Fatalf("%q: %q detaches", s, keys[:len(keys)-1])
		}
		if out, detach := typed.Scan(keys[len(keys)-1:]); !detach || len(out) != 0 {
			t.Fatalf("%q: %q does not detach", s, keys)
		}
	})
}
