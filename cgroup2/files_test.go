package cgroup2

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// group is a directory with such files, which takes what is written to it as a cgroup would without a kernel. Unlike
// there, a write leaves the end of what was longer.
func group(t *testing.T, files map[string]string) *Group {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
	}
	g, err := Open(dir)
	must(t, err)
	t.Cleanup(g.Close)
	return g
}

func TestGroupsReadAndWriteFiles(t *testing.T) {
	g := group(t, map[string]string{"pids.max": "max\n", "long": strings.Repeat("x", 10_000)})
	must(t, g.Write("pids.max", "123"))
	if got, err := g.Read("pids.max"); err != nil || got != "123\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := g.Read("long"); err != nil || len(got) != 10_000 {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	_, err := g.Read("none")
	if !errors.Is(err, os.ErrNotExist) || err.Error() != "open none: no such file or directory" || !Gone(err) {
		t.Errorf("got %v", err)
	}
	if err := g.Write("none", "1"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file was made: %v", err)
	}
}

// A name may be taken by another cgroup when the first is gone: the handle is the first.
func TestGroupsAreHeldByAHandle(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "a")
	must(t, os.Mkdir(dir, 0o755))
	must(t, os.WriteFile(dir+"/pids.max", []byte("1"), 0o644))
	g, err := Open(dir)
	must(t, err)
	must(t, os.Rename(dir, parent+"/b"))
	must(t, os.Mkdir(dir, 0o755))
	must(t, os.WriteFile(dir+"/pids.max", []byte("2"), 0o644))
	if got, err := g.Read("pids.max"); err != nil || got != "1" {
		t.Errorf("got %q, %v", got, err)
	}
	g.Close()
	if _, err := g.Read("pids.max"); err == nil {
		t.Error("read after Close")
	}
	if _, err := Open(dir + "/pids.max"); err == nil {
		t.Error("a file was opened as a cgroup")
	}
}

func TestKeysAreWholeWords(t *testing.T) {
	const events = "low 0\noom 1\noom_kill 3\noom_group_kill 4\nfew\nmost max\n"
	for key, want := range map[string]uint64{"oom_kill": 3, "oom": 1, "low": 0, "kill": 0, "few": 0, "most": 0, "": 0} {
		if got := keyed(events, key); got != want {
			t.Errorf("%q is %d, want %d", key, got, want)
		}
	}
}

func TestApplyWritesWhatIsMissing(t *testing.T) {
	g := group(t, map[string]string{"cgroup.controllers": "memory pids\n", "memory.max": "max", "pids.max": "5\n"})
	must(t, os.Chmod(g.Path+"/pids.max", 0o444)) // as it has what it is to have, nobody writes it
	without, err := g.Apply([]Setting{{File: "memory.max", Value: "409600"}, {File: "pids.max", Value: "5"}, {File: "memory.swap.max", Value: "0", Implied: true}})
	if err != nil || show(without) != "memory.swap.max=0" {
		t.Errorf("without %v, %v", without, err)
	}
	if got, err := g.Read("memory.max"); err != nil || got != "409600" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestApplyTellsWhatDidNotArrive(t *testing.T) {
	for _, c := range []struct {
		name    string
		setting Setting
		want    string
		lacking bool
	}{
		{"no controller", Setting{File: "io.weight", Value: "default 50"}, `set io.weight="default 50": the cgroup has no controller io`, true},
		{"an old kernel", Setting{File: "memory.zswap.max", Value: "0"}, `set memory.zswap.max=0: `, false},
		// The file keeps the end of what it had, so that it is not what was written.
		{"another value", Setting{File: "pids.max", Value: "1"}, `set pids.max=1: the kernel has "100"`, false},
		{"implied, and another value", Setting{File: "pids.max", Value: "1", Implied: true}, `set pids.max=1: the kernel has "100"`, false},
		{"refused", Setting{File: "cpu.weight", Value: "1"}, `set cpu.weight=1: `, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := group(t, map[string]string{"cgroup.controllers": "memory pids\n", "pids.max": "200"})
			must(t, os.Symlink("/proc/version", g.Path+"/cpu.weight")) // root cannot write it, either
			_, err := g.Apply([]Setting{c.setting})
			var missing *MissingError
			if !errors.As(err, &missing) {
				t.Fatalf("got %v", err)
			}
			if !strings.HasPrefix(err.Error(), c.want) || missing.Undelegated() != c.lacking || (missing.Err != nil) != (c.name == "refused") {
				t.Errorf("got %q, undelegated %v, %v", err, missing.Undelegated(), missing.Err)
			}
		})
	}
}

// The cgroup has the controller, and the message says it has not.
func TestAMissingFileOfAControllerIsNotCalledAMissingController(t *testing.T) {
	err := &MissingError{Setting: Setting{File: "memory.zswap.max", Value: "0"}, Delegated: []string{"memory"}}
	if strings.Contains(err.Error(), "no controller memory") {
		t.Errorf("got %q", err)
	}
}
