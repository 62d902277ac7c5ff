package mount

import (
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	dir  = unix.S_IFDIR | 0o755
	file = unix.S_IFREG | 0o644
	link = unix.S_IFLNK | 0o777
)

// host is a file tree: a directory's entries by its path.
type host map[string][]HostEntry

func (h host) list(p string) []HostEntry { return h[p] }

func TestTheHostsRootIsDividedAtItsMounts(t *testing.T) {
	h := host{
		"/":        {{Name: "bin", Mode: link, Target: "usr/bin"}, {Name: "etc", Mode: dir}, {Name: "home", Mode: dir}, {Name: "initrd.img", Mode: file}, {Name: "proc", Mode: dir}, {Name: "run", Mode: dir}, {Name: "var", Mode: unix.S_IFDIR | 0o750}, {Name: "pipe", Mode: unix.S_IFIFO | 0o600}},
		"/var":     {{Name: "lib", Mode: dir}, {Name: "lock", Mode: link, Target: "/run/lock"}, {Name: "tmp", Mode: dir}},
		"/var/lib": {{Name: "dpkg", Mode: dir}, {Name: "images", Mode: dir}, {Name: "seed", Mode: file}},
	}
	mounts := []string{"/", "/proc", "/run", "/run/user/1000", "/home", "/var/lib/images", "/var/tmp"}
	covered := []string{"/proc", "/run", "/var/tmp"}
	want := []Layer{
		{Path: "/bin", Kind: Link, Target: "usr/bin"},
		{Path: "/etc", Kind: Stack, Mode: 0o755, Dir: true},
		{Path: "/home", Kind: Stack, Mode: 0o755, Dir: true}, // a mount with none below it can be a lower layer
		{Path: "/initrd.img", Kind: Bound},
		{Path: "/proc", Mode: 0o755},
		{Path: "/run", Mode: 0o755},
		{Path: "/var", Mode: 0o750},
		{Path: "/var/lib", Mode: 0o755},
		{Path: "/var/lib/dpkg", Kind: Stack, Mode: 0o755, Dir: true},
		{Path: "/var/lib/images", Kind: Stack, Mode: 0o755, Dir: true},
		{Path: "/var/lib/seed", Kind: Bound},
		{Path: "/var/lock", Kind: Link, Target: "/run/lock"},
		{Path: "/var/tmp", Mode: 0o755},
	}
	if got := HostLayers(mounts, covered, h.list); !reflect.DeepEqual(got, want) {
		t.Errorf("layers are\n%+v\nwant\n%+v", got, want)
	}
}

func TestALargeDirectoryAboveAMountIsBoundAsItIs(t *testing.T) {
	h := host{"/": {{Name: "data", Mode: dir}}}
	for range manyEntries + 1 {
		h["/data"] = append(h["/data"], HostEntry{Name: "x", Mode: file})
	}
	got := HostLayers([]string{"/data/x"}, nil, h.list)
	if want := []Layer{{Path: "/data", Kind: Bound, Dir: true}}; !reflect.DeepEqual(got, want) {
		t.Errorf("layers are %+v, want %+v", got, want)
	}
}

func TestMountPointsAreUnescaped(t *testing.T) {
	const info = `22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
23 22 0:5 / /mnt/with\040space\011tab\134slash rw - tmpfs none rw
24 22 0:6 / /odd\9 rw shared:1 master:2 - tmpfs none rw
`
	got, err := MountPoints(strings.NewReader(info))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"/", "/mnt/with space\ttab\\slash", `/odd\9`}; !reflect.DeepEqual(got, want) {
		t.Errorf("mount points are %q, want %q", got, want)
	}
}

func FuzzMountPoints(f *testing.F) {
	f.Add("22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n")
	f.Add(`1 2 3 4 \04`)
	f.Fuzz(func(t *testing.T, s string) {
		list, err := MountPoints(strings.NewReader(s))
		if err == nil && len(list) > strings.Count(s, "\n")+1 {
			t.Errorf("%d mount points of %q", len(list), s)
		}
	})
}
