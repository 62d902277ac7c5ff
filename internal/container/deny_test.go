package container

import (
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/internal/landlock"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/mount"
)

// denying is a launch up to the decision on what is hidden.
func denying(t *testing.T, rootfs string, flags ocispec.Flags, change func(*launch)) (*launch, error) {
	t.Helper()
	spec, extra, err := ocispec.FromFlags(&flags, ocispec.Invocation{ID: strings.Repeat("0", 64), Rootfs: rootfs, Command: []string{"true"}, Cwd: "/home/me"})
	if err != nil {
		t.Fatal(err)
	}
	l := &launch{spec: spec, opt: Options{Extra: extra}, facts: facts{rootfs: found(rootfs), landlock: landlock.Kernel{ABI: 3}}}
	l.root = mount.Root{Host: rootfs == "/", ReadOnly: flags.ReadOnly, Ephemeral: flags.Ephemeral}
	for _, m := range spec.Mounts {
		if m.Type != "bind" {
			continue
		}
		o, err := mount.ParseOptions(m.Options)
		if err != nil {
			t.Fatal(err)
		}
		l.sources = append(l.sources, found(m.Source))
		l.volumes = append(l.volumes, mount.Volume{Source: found(m.Source), Dest: m.Destination, Options: o})
	}
	for _, asked := range extra.Deny {
		l.denied = append(l.denied, foundDenied(l, asked))
	}
	if change != nil {
		change(l)
	}
	if err := l.checkDenied(); err != nil {
		return l, err
	}
	if err := l.hide(); err != nil {
		return l, err
	}
	return l, l.layer()
}

// places are what is hidden, in words: ! where it must be what was found, ? where it need not be, and what is pinned.
func places(l *launch) (list []string) {
	for _, h := range l.hidden {
		s := h.Dest
		if h.Is != nil {
			s += "!"
		}
		if h.Optional {
			s += "?"
		}
		list = append(list, strings.Join(append([]string{s}, h.Above...), " "))
	}
	slices.Sort(list)
	return list
}

func files(deny []string, volumes ...string) ocispec.Flags {
	return ocispec.Flags{FileFlags: ocispec.FileFlags{ReadOnly: true, Deny: deny, Volume: volumes}}
}

func TestWhatIsDeniedIsHiddenWhereverItShows(t *testing.T) {
	also := func(at ...string) func(*launch) {
		return func(l *launch) { l.denied[0].at = append(l.denied[0].at, at...) }
	}
	writable := func(f ocispec.Flags) ocispec.Flags { f.ReadOnly = false; return f }
	ephemeral := func(f ocispec.Flags) ocispec.Flags { f.ReadOnly, f.Ephemeral = false, true; return f }
	for _, tt := range []struct {
		name, rootfs string
		flags        ocispec.Flags
		change       func(*launch)
		want         []string
	}{
		{"a path", "/", files([]string{".ssh"}), nil, []string{"/home/me/.ssh!"}},
		{"one that can be led to by another name", "/", writable(files([]string{".config/a/b"})), nil, []string{"/home/me/.config/a/b! /home /home/me /home/me/.config /home/me/.config/a"}},
		{"in an overlay, where a file has another number", "/", ephemeral(files([]string{".ssh"})), nil, []string{"/home/me/.ssh"}},
		{"in a volume at its own place", "/", files([]string{"work/a/key"}, "/home/me/work"), nil, []string{"/home/me/work/a/key! /home/me/work/a"}},
		{"in a volume elsewhere", "/", files([]string{"work/a/key"}, "/home/me/work:/mnt"), nil, []string{"/home/me/work/a/key!", "/mnt/a/key! /mnt/a"}},
		{"in a read-only volume", "/", files([]string{"work/a/key"}, "/home/me/work:/mnt:ro"), nil, []string{"/home/me/work/a/key!", "/mnt/a/key!"}},
		{"in a volume without what is mounted below", "/", files([]string{"work/key"}, "/home/me/work:/mnt:ro,bind"), nil, []string{"/home/me/work/key!", "/mnt/key?"}},
		{"covered by another volume", "/", files([]string{"/etc/ssl/key"}, "/srv/ssl:/etc/ssl"), nil, nil},
		{"in a volume that another one covers there", "/", files([]string{"work/a/key"}, "/home/me/work:/mnt:ro", "/srv/x:/mnt/a"), nil, []string{"/home/me/work/a/key!"}},
		{"in a fresh directory", "/", files([]string{"/tmp/x"}), nil, []string{"/tmp/x?"}},
		{"in the container's /proc", "/", files([]string{"/proc/sys"}), nil, []string{"/proc/sys"}},
		{"one inside the other", "/", files([]string{"a/b", "a"}), nil, []string{"/home/me/a!"}},
		{"mounted twice on the host", "/", files([]string{".ssh"}, "/srv/users:/mnt:ro"), also("/srv/users/me/.ssh"), []string{"/home/me/.ssh!", "/mnt/me/.ssh", "/srv/users/me/.ssh"}},
		{"in a rootfs", "/srv/rootfs", files([]string{"/etc/shadow"}), nil, []string{"/etc/shadow"}},
		{"in a rootfs's volumes", "/srv/rootfs", files([]string{"/a/x/key"}, "/home/me:/a", "/home/me/x:/b"), nil, []string{"/a/x/key! /a/x", "/b/key!"}},
	} {
		l, err := denying(t, tt.rootfs, tt.flags, tt.change)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := places(l); !slices.Equal(got, tt.want) {
			t.Errorf("%s: hidden are\n%s\nnot\n%s", tt.name, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
	}
}

func TestADenialThatWouldNotHoldIsRefused(t *testing.T) {
	with := func(f ocispec.Flags, caps ...string) ocispec.Flags { f.CapAdd = caps; return f }
	for _, tt := range []struct {
		name, want string
		flags      ocispec.Flags
		change     func(*launch)
	}{
		{"what it hides is a volume", `"/home/me/.ssh:/mnt" is what it hides`, files([]string{".ssh"}, "/home/me/.ssh:/mnt"), nil},
		{"a part of it is", `"/home/me/.ssh/keys:/mnt" is what it hides, or a part`, files([]string{".ssh"}, "/home/me/.ssh/keys:/mnt"), nil},
		{"a volume would be hidden in another", `hide what is mounted at "/mnt/.ssh"`, files([]string{".ssh"}, "/home/me:/mnt", "/srv/x:/mnt/.ssh"), func(l *launch) { l.denied[0].dests[len(l.denied[0].dests)-1] = "/home/me/.ssh/x" }},
		{"CAP_SYS_ADMIN", "CAP_SYS_ADMIN", with(files([]string{".ssh"}), "SYS_ADMIN"), nil},
		{"CAP_DAC_READ_SEARCH", "CAP_DAC_READ_SEARCH", with(files([]string{".ssh"}), "DAC_READ_SEARCH"), nil},
		{"all capabilities", "CAP_SYS_ADMIN", with(files([]string{".ssh"}), "ALL"), nil},
		{"containers inside", "leave out --deny or --nested", files([]string{".ssh"}), func(l *launch) { l.opt.Extra.Nested = true }},
	} {
		if _, err := denying(t, "/", tt.flags, tt.change); err == nil || !strings.HasPrefix(err.Error(), "--deny") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestWhoGetsALandlockLayer(t *testing.T) {
	none := landlock.Kernel{}
	for _, tt := range []struct {
		name, rootfs string
		flags        ocispec.Flags
		change       func(*launch)
		writable     []string
		without      string
	}{
		{"a rootfs", "/srv/rootfs", ocispec.Flags{}, nil, nil, ""},
		{"a rootfs with something denied", "/srv/rootfs", ocispec.Flags{FileFlags: ocispec.FileFlags{Deny: []string{"/x"}}}, nil, []string{"/"}, ""},
		{"the host's root", "/", ocispec.Flags{}, nil, []string{"/"}, ""},
		{"an overlay over it", "/", ocispec.Flags{FileFlags: ocispec.FileFlags{Ephemeral: true}}, nil, []string{"/"}, ""},
		{"read-only", "/", ocispec.Flags{FileFlags: ocispec.FileFlags{ReadOnly: true, Volume: []string{"/a", "/b:/tmp/b", "/c:/c:ro", "/a/d"}, Tmpfs: []string{"/e"}}}, nil,
			[]string{"/a", "/a/d", "/dev", "/e", "/proc", "/run", "/tmp", "/var/tmp"}, ""},
		{"an old kernel", "/", ocispec.Flags{}, func(l *launch) { l.landlock = none }, nil, "has no Landlock"},
		{"new privileges", "/", ocispec.Flags{SecurityFlags: ocispec.SecurityFlags{SecurityOpt: []string{"no-new-privileges=false"}}}, nil, nil, "no_new_privs"},
		{"containers inside", "/", ocispec.Flags{}, func(l *launch) { l.opt.Extra.Nested = true }, nil, "inside"},
	} {
		l, err := denying(t, tt.rootfs, tt.flags, tt.change)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		got := slices.Sorted(slices.Values(l.rules.Writable))
		if !slices.Equal(got, tt.writable) || (l.rules.Handled != 0) != (tt.writable != nil) || (l.rules.Without == "") != (tt.without == "") || !strings.Contains(l.rules.Without, tt.without) {
			t.Errorf("%s: %q can be written, without for %q", tt.name, got, l.rules.Without)
		}
		if !slices.Equal(slices.Sorted(slices.Values(l.record.record.Writable)), tt.writable) {
			t.Errorf("%s: recorded for exec is %q", tt.name, l.record.record.Writable)
		}
	}
}

func TestAPathInAVolumeIsFoundOnTheHost(t *testing.T) {
	mounts := []specs.Mount{{Type: "proc", Destination: "/proc"}, {Type: "bind", Destination: "/a"}, {Type: "tmpfs", Destination: "/a/t"}, {Type: "bind", Destination: "/a/b"}}
	sources := []mount.Source{found("/srv/one"), found("/srv/two")}
	for at, want := range map[string]string{"/x": "", "/proc/y": "", "/a": "/srv/one", "/a/x": "/srv/one/x", "/a/t/x": "", "/a/b/x": "/srv/two/x", "/ab": ""} {
		if got := inVolume([]string{"/proc", "/a", "/a/t", "/a/b"}, mounts, sources, at); got != want {
			t.Errorf("%s is at %q, not %q", at, got, want)
		}
	}
}
