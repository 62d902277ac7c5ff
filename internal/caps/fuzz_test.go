package caps

import (
	"math/bits"
	"strings"
	"testing"
)

// A set has the capabilities that were named, each under its number, and is without what has no name.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "CAP_CHOWN", "CHOWN", "CAP_CAP_CHOWN", "cap_chown", "CAP_CHECKPOINT_RESTORE,CAP_KILL,CAP_KILL", "CAP_", "CAP_ALL", "CAP_41", "CAP_KILL\x1b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var list []string
		if s != "" {
			list = strings.Split(s, ",")
		}
		set, err := Parse(list)
		if err != nil {
			if set != 0 || strings.ContainsAny(err.Error(), "\n\x1b\x00") {
				t.Fatalf("%q: %#x, %q", list, set, err)
			}
			return
		}
		distinct := map[string]bool{}
		for _, name := range list {
			name = strings.TrimPrefix(name, "CAP_")
			distinct[name] = true
			n := bits.TrailingZeros64(uint64(set))
			for n < len(names) && names[n] != name {
				n++
			}
			if n == len(names) || set&(1<<n) == 0 {
				t.Fatalf("%q: %s is not in %#x", list, name, set)
			}
		}
		if bits.OnesCount64(uint64(set)) != len(distinct) || set&^All != 0 {
			t.Fatalf("%q: %#x", list, set)
		}
	})
}
