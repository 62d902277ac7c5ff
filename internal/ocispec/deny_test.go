package ocispec

import (
	"slices"
	"strings"
	"testing"
)

// With the host's root a path of --deny is one of the host, as the source of a volume is; else it is one inside.
func TestDeniedPaths(t *testing.T) {
	for _, tt := range []struct {
		rootfs, cwd string
		deny, want  []string
	}{
		{"/", "/home/me", []string{".ssh", "../you", "/srv//keys/"}, []string{"/home/me/.ssh", "/home/you", "/srv/keys"}},
		{"/srv/rootfs", "/home/me", []string{"/etc/./shadow"}, []string{"/etc/shadow"}},
		{"/srv/rootfs", "/home/me", nil, nil},
	} {
		in := Invocation{ID: strings.Repeat("0", 64), Rootfs: tt.rootfs, Cwd: tt.cwd, Command: []string{"true"}}
		_, extra, err := FromFlags(&Flags{FileFlags: FileFlags{Deny: tt.deny, Volume: []string{"/home/me"}}}, in)
		if err != nil {
			t.Errorf("%q: %v", tt.deny, err)
			continue
		}
		if !slices.Equal(extra.Deny, tt.want) {
			t.Errorf("%q in %s is %q, not %q", tt.deny, tt.rootfs, extra.Deny, tt.want)
		}
	}
	in := Invocation{ID: strings.Repeat("0", 64), Rootfs: "/", Command: []string{"true"}}
	if _, _, err := FromFlags(&Flags{FileFlags: FileFlags{Deny: []string{".ssh"}}}, in); err == nil || !strings.Contains(err.Error(), "working directory is gone") {
		t.Errorf("a relative path without a working directory: %v", err)
	}
}

func TestWithin(t *testing.T) {
	for _, tt := range []struct {
		at, dir string
		want    bool
	}{{"/a", "/a", true}, {"/a/b", "/a", true}, {"/ab", "/a", false}, {"/a", "/a/b", false}, {"/a", "/", true}, {"/", "/", true}} {
		if got := Within(tt.at, tt.dir); got != tt.want {
			t.Errorf("%s within %s: %v", tt.at, tt.dir, got)
		}
	}
}
