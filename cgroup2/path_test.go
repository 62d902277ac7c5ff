package cgroup2

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPathsOfBundlesAreTakenApart(t *testing.T) {
	for path, want := range map[string]struct {
		parent, name string
		slice        bool
	}{
		"":                     {},
		"web":                  {name: "web"},
		"/web":                 {parent: "/", name: "web"},
		"/a/b/web":             {parent: "/a/b", name: "web"},
		"/a/web/":              {parent: "/a", name: "web"},
		"a/web":                {parent: "a", name: "web"},
		"work.slice:urun:web":  {"work.slice", "urun-web", true},
		":urun:web":            {"", "urun-web", true},
		"work.slice::web":      {"work.slice", "web", true},
		"a:b":                  {name: "a:b"},
		"/machine.slice/a:b:c": {"/machine.slice/a", "b-c", true},
	} {
		parent, name, slice := ParsePath(path)
		if parent != want.parent || name != want.name || slice != want.slice {
			t.Errorf("%q gives %q, %q, %v, want %+v", path, parent, name, slice, want)
		}
	}
}

func TestPlacesAreAboveTheCallerOrWhereItSays(t *testing.T) {
	for _, c := range []struct{ own, parent, want string }{
		{"/a/b", "", "/cg/a/b /cg/a /cg"},
		{"/", "", "/cg"},
		{"/../c", "", ""}, // outside the cgroup namespace
		{"/a/b", "x", "/cg/a/b/x"},
		{"/a/b", "/x/y", "/cg/x/y"},
		{"/a/b", "/", "/cg"},
		{"/a/b", "/cg/x", "/cg/x"},
		{"/a/b", "/cg", "/cg"},
		{"/a/b", "/cgx", "/cg/cgx"},
	} {
		if got := strings.Join(Direct{Host{Mount: "/cg", Own: c.own}}.places(c.parent), " "); got != c.want {
			t.Errorf("%s, parent %q: got %q, want %q", c.own, c.parent, got, c.want)
		}
	}
	if got := (Direct{}).places("/x"); got != nil {
		t.Errorf("without a mount: %v", got)
	}
}

func TestMakeSaysOfEachPlaceWhyNot(t *testing.T) {
	mount := t.TempDir()
	must(t, os.MkdirAll(mount+"/a/b", 0o755))
	for name, content := range map[string]string{"cgroup.procs": "", "cgroup.subtree_control": "\n", "cgroup.controllers": "pids\n"} {
		must(t, os.WriteFile(filepath.Join(mount, "a", name), []byte(content), 0o644))
	}
	_, err := Direct{Host{Mount: mount, Own: "/a/b"}}.Make(context.Background(), Request{Name: "web", PID: 1, Settings: []Setting{{File: "memory.max", Value: "1"}}})
	var nowhere *PlaceError
	if !errors.As(err, &nowhere) || strings.Join(nowhere.Dirs, " ") != mount+"/a/b "+mount+"/a "+mount {
		t.Fatalf("got %v", err)
	}
	for i, want := range []string{"it is not delegated to you (no such file or directory)", "it has no controller memory (it has: pids)", "it is not delegated to you"} {
		if !strings.HasPrefix(nowhere.Whys[i], want) {
			t.Errorf("%s: %s, want %s", nowhere.Dirs[i], nowhere.Whys[i], want)
		}
	}
	if _, err := (Direct{}).Make(context.Background(), Request{Name: "web"}); err == nil || err.Error() != "no cgroup v2 hierarchy is mounted" {
		t.Errorf("got %v", err)
	}
}

// "." and ".." as the name made rmdir(2) of the directory that was delegated, which a cgroup's own files do not stop.
func TestMakeRemovesNoPlace(t *testing.T) {
	for _, name := range []string{"", ".", "..", "x/.."} {
		mount := t.TempDir()
		for _, file := range []string{"cgroup.procs", "cgroup.subtree_control", "cgroup.controllers"} {
			must(t, os.WriteFile(filepath.Join(mount, file), nil, 0o644))
		}
		_, err := Direct{Host{Mount: mount, Own: "/"}}.Make(context.Background(), Request{Name: name, PID: 1})
		// Here the files stop it, and it is told as a cgroup that is in use.
		if taken := (*TakenError)(nil); err == nil || errors.As(err, &taken) {
			t.Errorf("%q: got %v, and rmdir was tried", name, err)
		}
	}
}
