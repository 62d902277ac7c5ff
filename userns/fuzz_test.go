package userns

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// What /proc shows is read back as it was written, and half a map counts for none.
func FuzzParseProc(f *testing.F) {
	for _, s := range []string{"         0       1000          1\n", "0 0 4294967295\n", "0 1000 1\n1 100000 65536\n", "", "\n", "0 1\n", "0 1 2 3", "-1 0 1", "0 0 4294967296", "0x0 0 1", "0 1000 1\n1 100"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		maps := parseProc(content)
		shown := strings.Fields(string(content))
		for i, word := range shown {
			shown[i] = cmp.Or(strings.TrimLeft(word, "0"), "0")
		}
		if written := strings.Fields(string(format(maps))); maps != nil && !slices.Equal(shown, written) {
			t.Fatalf("%q became %q", shown, written)
		}
		if again := parseProc(format(maps)); !reflect.DeepEqual(maps, again) {
			t.Fatalf("%q: %v was written and read as %v", content, maps, again)
		}
	})
}

// Whatever maps are asked for, in whatever user namespace: they are refused in one line, or the kernel takes them and each id
// is what was asked for.
func FuzzCustomMaps(f *testing.F) {
	for _, s := range [][2]string{
		{"0:1000:1", ""}, {"0:1000:1 1:100000:65536", "0 0 4294967295"}, {"0:100000:65536", "0 1000 1\n1 100000 65536\n"}, {"0:0:65537", "0 1000 1\n1 100000 65536\n"},
		{"0:0:4294967295", ""}, {"0:1:4294967294", "0 0 1\n1 1 1\n2 2 4294967293"}, {"5:5:1 5:6:1", ""}, {"5:5:1 6:5:1", ""}, {"0:4294967294:1", ""}, {"0:4294967295:1", ""}, {"1:2", ""},
		{strings.Repeat("0:0:1 ", 400), ""}, {"0:0:400", strings.Repeat("9 9 1\n", 341)},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, lines, here string) {
		if len(lines)+len(here) > 8000 {
			return // the time grows with the square of the lines, of which the kernel takes 340
		}
		var asked []specs.LinuxIDMapping
		for _, s := range strings.Fields(lines) {
			m, err := ParseMap(s)
			if err != nil {
				return
			}
			asked = append(asked, m)
		}
		if len(asked) == 0 {
			return
		}
		h := Host{UID: 1000, GID: 1000, SetUID: true, SetGID: true, SetFCap: true, UIDMap: parseProc([]byte(here)), GIDMap: parseProc([]byte(here))}
		if h.UIDMap != nil && Validate(h.UIDMap) != nil {
			return // no namespace has such a map
		}
		c, err := custom(Choice{host: h}, Wish{UIDMaps: asked})
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x1b\x00") {
				t.Fatalf("%q: %q is not one plain line", lines, err)
			}
			return
		}
		if err := Validate(c.UIDs); err != nil {
			t.Fatalf("%q in %q: %v: %v", lines, here, c.UIDs, err)
		}
		var size, want uint64
		for _, m := range c.UIDs {
			size += uint64(m.Size)
		}
		for _, m := range asked {
			want += uint64(m.Size)
			for _, n := range []uint32{0, m.Size / 2, m.Size - 1} {
				inside, ok1 := ToContainer(c.UIDs, m.HostID+n)
				outside, ok2 := ToHost(c.UIDs, m.ContainerID+n)
				if !ok1 || !ok2 || inside != m.ContainerID+n || outside != m.HostID+n {
					t.Fatalf("%q in %q: %v: host id %d is %d, container id %d is %d", lines, here, c.UIDs, m.HostID+n, inside, m.ContainerID+n, outside)
				}
			}
		}
		if size != want || !reflect.DeepEqual(c.UIDs, c.GIDs) {
			t.Fatalf("%q in %q: %d ids became %d: %v, %v", lines, here, want, size, c.UIDs, c.GIDs)
		}
	})
}
