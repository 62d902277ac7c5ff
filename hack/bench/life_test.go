package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestAProcessHasTheRoleOfItsCommandLine(t *testing.T) {
	for line, want := range map[string]string{
		"urun-supervisor\x00-d\x00rootfs\x00sleep\x001d\x00": "supervisor",
		"urun-init sleep 1d\x00":                             "init",
		"/bin/sleep\x001d\x00":                               "command",
		"/usr/bin/slirp4netns\x00--ready-fd=3\x00":           "slirp4netns",
		"": ".",
	} {
		if got := roleOf(line); got != want {
			t.Errorf("roleOf(%q) = %s, want %s", line, got, want)
		}
	}
}

func TestAProcessIsAddedUpWithWhatItShares(t *testing.T) {
	all, err := shares([]int{os.Getpid(), os.Getpid()})
	if err != nil || len(all) != 1 {
		t.Fatalf("shares = %v, %v", all, err)
	}
	for role, s := range all {
		if s.Processes != 2 || s.Private < 500 || s.Shared < 0 {
			t.Errorf("%s has %+v", role, s)
		}
	}
	if sum := own(map[string]share{"init": {1, 2, 3}, "supervisor": {1, 20, 30}, "command": {1, 200, 300}}); sum != (share{2, 22, 33}) {
		t.Errorf("the tool's own are %+v", sum)
	}
}

func TestWhatIsLeftIsFoundAndTheLockIsNone(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "lock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := files(dir); len(got) != 0 {
		t.Errorf("left are %q", got)
	}
	if err := os.Mkdir(filepath.Join(dir, "c"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "c", "lock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, want := files(dir), []string{dir + "/c", dir + "/c/lock"}; !slices.Equal(got, want) {
		t.Errorf("left are %q, want %q", got, want)
	}
	if got := files(dir + "/missing"); len(got) != 0 {
		t.Errorf("in no directory are %q", got)
	}
}

func TestSizesAreNumbers(t *testing.T) {
	if got, err := (options{crowds: "2,30"}).sizes(); err != nil || !slices.Equal(got, []int{2, 30}) {
		t.Errorf("sizes = %v, %v", got, err)
	}
	for _, words := range []string{"0", "ten", "1,,2"} {
		if got, err := (options{crowds: words}).sizes(); err == nil {
			t.Errorf("%q are the sizes %v", words, got)
		}
	}
}
