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
		"create": `no verb "create"`, "start": "run it anew", "ls": "urun ps", "container": "urun ps", "image": "urun images", "log": "urun logs?", "insepct": "inspect", "build": "buildah",
		"login": "podman login", "import": "tarball", "info": "urun doctor", "pod": "the verbs are run, exec", "commit": "--overlay DIR", "cp": "urun exec", "system": "urun prune", "volume": "-v DIR:/DIR", "network": "container:NAME", "imgaes": "did you mean urun images? If not, an image of that name is written docker.io/library/imgaes",
		"run": "write urun run", "exec": "write urun exec", "unshare": "write urun unshare", "images": "write urun images", "pull": "an image of that name is written docker.io/library/pull",
	} {
		if got := noRootfs(word, false, none); !strings.Contains(got, want) || strings.Contains(got, "\n") {
			t.Errorf("%q: %q lacks %q", word, got, want)
		}
	}
	// The verb before it says that it is no verb misspelt.
	for _, word := range []string{"imgaes", "build", "start", "build/rootfs"} {
		if got := noRootfs(word, true, func(path string) bool { return path == "build" && word != "build" }); got != "" {
			t.Errorf("run %q: %q", word, got)
		}
	}
	for _, word := range []string{"", "/ps", "./ps", "../ps", "/srv/a:b", "alpine", "alpine:latest", "docker.io/x", "library/x:1", "x/y@sha256:0", "docker://x", "build/rootfs", "nginx", "node", "push:1"} {
		if got := noRootfs(word, false, none); got != "" {
			t.Errorf("%q: %q", word, got)
		}
	}
	// What is there is no image, and neither is what lies in a directory that is there.
	for word, want := range map[string]string{"build/rootfs": "written docker.io/build/rootfs", "build": "it is a file"} {
		if got := noRootfs(word, false, func(path string) bool { return path == "build" }); !strings.Contains(got, want) && !strings.Contains(got, "there is no such file") {
			t.Errorf("%q: %q lacks %q", word, got, want)
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
