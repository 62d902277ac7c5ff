package network

import (
	"os"
	"path/filepath"
	"testing"
)

// program makes a file, with its directory.
func program(t *testing.T, path, script string, mode os.FileMode) string {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), mode)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestProgramsAreFoundInPath(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"a", "b"} {
		program(t, dir+"/"+d+"/pasta", "", 0o755)
	}
	program(t, dir+"/plain/pasta", "", 0o644)
	if err := os.MkdirAll(dir+"/dir/pasta", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir+"/links", 0o755); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"pasta": "../a/pasta", "slirp4netns": "/nowhere"} {
		if err := os.Symlink(to, dir+"/links/"+name); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir + "/a")
	for path, want := range map[string]string{
		dir + "/a:" + dir + "/b":                    dir + "/a/pasta",
		dir + "/b:" + dir + "/a":                    dir + "/b/pasta",
		dir + "/none:" + dir + "/dir:" + dir + "/b": dir + "/b/pasta",
		dir + "/plain:" + dir + "/b":                dir + "/b/pasta",
		dir + "/links":                              dir + "/links/pasta",
		dir + "/plain":                              "",
		"":                                          "",
		":":                                         "", // not where the caller happens to be
		".":                                         "",
		"../b":                                      "",
	} {
		if got := find(path, "pasta"); got != want {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
	}
	if got := find(dir+"/links", "slirp4netns"); got != "" {
		t.Errorf("a link to nothing: %q", got)
	}
}

func TestTheStackIsFoundBesideUrun(t *testing.T) {
	dir := t.TempDir()
	self := dir + "/bin/urun"
	if got := FindStack(self); got != "" {
		t.Errorf("there is none: %q", got)
	}
	// Each is nearer than the one before.
	for _, at := range []string{"lib/urun", "libexec/urun", "bin"} {
		program(t, filepath.Join(dir, at, "urun-netstack"), "", 0o644)
		if got := FindStack(self); got == filepath.Join(dir, at, "urun-netstack") {
			t.Errorf("%s: cannot be executed, and found", got)
		}
		if err := os.Chmod(filepath.Join(dir, at, "urun-netstack"), 0o755); err != nil {
			t.Fatal(err)
		}
		if got := FindStack(self); got != filepath.Join(dir, at, "urun-netstack") {
			t.Errorf("%s: got %q", at, got)
		}
	}
}

func TestPastaIsAskedForItsAge(t *testing.T) {
	unchanged(t)
	for name, tt := range map[string]struct {
		script, want string
		works        bool
	}{
		"new":                        {"echo pasta 2024_06_24.1ee2eca; echo Copyright", "20240624", true},
		"of Debian 12":               {"echo pasta 0.0~git20230309.7c7625d-1", "20230309", false},
		"that fails":                 {"echo pasta 2024_06_24.1ee2eca; exit 1", "", false},
		"that talks nonsense":        {"echo usage: pasta", "", false},
		"that says nothing":          {"exit 0", silent, true}, // as those of 2025 do, unless to a terminal
		"that is killed":             {"kill -KILL $$", "", false},
		"whose child holds the pipe": {"sleep 0.3 & echo pasta 2024_06_24.1ee2eca", "20240624", true},
	} {
		got := pastaAge(program(t, t.TempDir()+"/pasta", `[ "$*" = --version ] || exit 9; `+tt.script, 0o755))
		if got != tt.want || (HostFacts{PastaAge: got}).PastaWorks() != tt.works {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	if got := pastaAge("/nowhere/pasta"); got != "" {
		t.Errorf("one that is not there: %q", got)
	}
}

// Nothing is looked for, or run, that is not needed.
func TestTheHostIsLookedAtForWhatIsWanted(t *testing.T) {
	dir := t.TempDir()
	slirp := program(t, dir+"/slirp4netns", "", 0o755)
	pasta := program(t, dir+"/pasta", "touch $0.ran; echo pasta 2024_06_24.x", 0o755)
	stack := program(t, dir+"/urun-netstack", "", 0o755)
	places := Places{Path: dir, Self: dir + "/urun"}
	for _, m := range []Mode{None, Host, Container, ""} {
		if h := Probe(Wish{Mode: m}, places); h.Slirp != "" || h.Pasta != "" || h.Stack != "" || h.Tun != nil {
			t.Errorf("%q: %+v", m, h)
		}
	}
	for _, m := range []Mode{Auto, Slirp4netns, Pasta, Gvisor} {
		h := Probe(Wish{Mode: m}, places)
		if h.Slirp != slirp || h.Pasta != pasta || h.Stack != stack {
			t.Errorf("%q: %+v", m, h)
		}
		if _, err := os.Stat(pasta + ".ran"); (err == nil) != (m == Pasta) || (h.PastaAge != "") != (m == Pasta) {
			t.Errorf("%q: pasta was run: %v, %q", m, err, h.PastaAge)
		}
		_ = os.Remove(pasta + ".ran") // it is there for one of them
	}
	for _, better := range []string{slirp, stack} {
		if h := Probe(Wish{Mode: Auto}, places); h.PastaAge != "" {
			t.Errorf("there is a better one than pasta: %+v", h)
		}
		if err := os.Remove(better); err != nil {
			t.Fatal(err)
		}
	}
	if h := Probe(Wish{Mode: Auto}, places); h.PastaAge != "20240624" {
		t.Errorf("pasta is the best that there may be: %+v", h)
	}
}
