package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/container"
)

func TestAWordThatIsNoDirectoryIsExplained(t *testing.T) {
	none := func(string) bool { return false }
	for word, want := range map[string]string{
		"create": `no verb "create"`, "start": "run it anew", "ls": "urun ps", "container": "urun ps", "log": "urun logs", "insepct": "insepct", "images": "no verb", "pull": "no verb", "build": "no verb",
		"run": "write urun run", "exec": "write urun exec", "unshare": "write urun unshare",
		"alpine": "images are not there yet", "alpine:latest": "images are not there yet", "docker.io/x": "images are not there yet",
		"docker.io/library/x": "images", "localhost/x": "images", "library/x:1": "images", "x/y@sha256:0": "images", "docker://x": "images", "rootfz": `no directory "rootfz"`,
	} {
		if got := noRootfs(word, none); !strings.Contains(got, want) || strings.Contains(got, "\n") {
			t.Errorf("%q: %q lacks %q", word, got, want)
		}
	}
	for _, word := range []string{"", "/ps", "./ps", "../ps", "build/rootfs", "/srv/a:b"} {
		if got := noRootfs(word, none); got != "" {
			t.Errorf("%q: %q", word, got)
		}
	}
	for _, word := range []string{"ps", "run", "alpine:latest"} {
		if got := noRootfs(word, func(string) bool { return true }); got != "" {
			t.Errorf("%q, which exists: %q", word, got)
		}
	}
}

func TestFlagsBehindTheRootfsAreExplained(t *testing.T) {
	for line, want := range map[string]bool{
		"-it sh": true, "-- sh": true, "--read-only": true, "--volume=a:/b": true, "-v": true, "-d": true, "--setenv": true, "--help": true,
		"sh -it": false, "-": false, "-Z": false, "--quux": false, "": false,
	} {
		c := &runCmd{Command: strings.Fields(line)}
		err := c.misplaced(&container.Error{Status: container.StatusNotFound, Says: "command is not there"})
		var e *container.Error
		if !errors.As(err, &e) || e.Status != container.StatusNotFound || strings.HasSuffix(e.Says, "; flags go before ROOTFS") != want {
			t.Errorf("%q: %v, want the hint: %v", line, err, want)
		}
	}
	c := &runCmd{Command: []string{"-it"}}
	for _, err := range []error{nil, errors.New("x"), &container.Error{Status: container.StatusFailed, Says: "x"}} {
		if got := c.misplaced(err); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
}
