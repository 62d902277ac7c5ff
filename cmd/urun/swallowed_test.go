package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/state"
)

// urun --seccomp ./rootfs id has nothing to do with a directory "id".
func TestAFlagThatTookTheRootfsIsNamed(t *testing.T) {
	there := func(path string) bool { return path == "./rootfs" || path == "/srv" }
	for line, want := range map[string]string{
		"--seccomp ./rootfs id":                `--seccomp took "./rootfs" for its value, and "id" is no directory to be ROOTFS; write --seccomp PROFILE ./rootfs id`,
		"-q --name ./rootfs /bin/sh -c id":     `--name took "./rootfs" for its value, and "/bin/sh" is no directory`,
		"--cap-add CHOWN --cap-add ./rootfs x": `--cap-add took "./rootfs" for its value`,
		"-m ./rootfs sh":                       `--memory took "./rootfs" for its value`,
		"--seccomp ./rootfs /srv id":           "", // there is a directory
		"--seccomp ./profile id":               "",
		"--workdir /srv id":                    "",
		"-v /srv id":                           "",
		"-w /srv --name x id":                  "",
		"id":                                   "",
	} {
		c, err := parse(strings.Fields(line))
		if err != nil {
			t.Fatal(err)
		}
		run := c.(*runCmd)
		if got := run.swallowed(run.Rootfs, there); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

func TestARuntimeDirectoryThatCannotBeUsedIsNamed(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/file", nil, 0o700); err != nil {
		t.Fatal(err)
	}
	for value, why := range map[string]string{
		"": "", dir: "", dir + "/absent": "no such file or directory", "relative": "it is no absolute path", dir + "/file": "it is no directory", dir + "/file/x": "not a directory",
	} {
		t.Setenv("XDG_RUNTIME_DIR", value)
		got := badRuntimeDir()
		if why == "" && got != "" || why != "" && !strings.HasPrefix(got, `"`+value+`" cannot be used: `) || !strings.Contains(got, why) {
			t.Errorf("%q: %q, want %q", value, got, why)
		}
	}
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	missing := fmt.Errorf("look: %w", &state.NotFoundError{Name: "x"})
	for _, tt := range []struct {
		c    command
		err  error
		want bool
	}{{&psCmd{}, nil, true}, {&treeCmd{}, nil, true}, {&rmCmd{}, nil, false}, {&versionCmd{}, nil, false}, {&execCmd{}, missing, true}, {&execCmd{}, os.ErrPermission, false}} {
		if got := foundNothing(tt.c, tt.err); got != tt.want {
			t.Errorf("%T with %v has found nothing: %v", tt.c, tt.err, got)
		}
	}
}
