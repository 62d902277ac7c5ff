// Package nested has what --nested is for: containers made by urun, bubblewrap, podman and crun inside of one, and what stays
// shut all the same.
package nested

import (
	"path/filepath"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

var kit *testenv.Kit

func TestMain(m *testing.M) { testenv.Main(m, &kit) }

// outer is a container for others: a home with a root filesystem, which is at /mnt inside, beside the tools.
type outer struct {
	*testenv.Home
	rootfs string // its own
}

// run runs a script in it. XDG_RUNTIME_DIR and HOME are directories of the container's user.
func (o *outer) run(flags []string, script string) testenv.Result {
	o.Helper()
	args := append([]string{"-q", o.Userns, "--net=none", "-w", "/", "-v", o.Rootfs + ":/mnt", "-v", filepath.Dir(o.Urun) + ":/media",
		"--tmpfs", "/tmp:mode=1777", "-e", "HOME=/tmp/home", "-e", "XDG_RUNTIME_DIR=/tmp/run", "-e", "XDG_STATE_HOME=/tmp/state", "-e", "TMPDIR=/tmp"}, flags...)
	return o.Run(append(args, "--", o.rootfs, "sh", "-c", "mkdir -m 700 /tmp/home /tmp/run /tmp/state; "+script)...)
}

// everywhere runs a test for each id mapping and root filesystem: busybox, and the host's root, which alone has the tools of the host.
func everywhere(t *testing.T, test func(t *testing.T, o *outer)) {
	mapped := func(t *testing.T, userns string) {
		t.Run("busybox", func(t *testing.T) {
			h := kit.Home(t, userns)
			testenv.Canary(t, h.Rootfs)
			test(t, &outer{h, kit.Rootfs(t)})
		})
		onHost(t, userns, test)
	}
	testenv.Mappings(t, mapped)
	t.Run("keep-id", func(t *testing.T) { mapped(t, keepID(t)) })
}

func onHost(t *testing.T, userns string, test func(t *testing.T, o *outer)) {
	t.Run("host", func(t *testing.T) {
		h := kit.Home(t, userns)
		testenv.Canary(t, h.Rootfs)
		test(t, &outer{h, "/"})
	})
}

func keepID(t *testing.T) string {
	if !testenv.HasRange() {
		testenv.Skip(t, "no subordinate ids, or no newuidmap")
	}
	return "--userns=keep-id"
}

// tools runs a test for each id mapping with the host's root, where the tool is.
func tools(t *testing.T, tool string, test func(t *testing.T, o *outer)) {
	testenv.Unprivileged(t)
	testenv.Need(t, "busybox", tool)
	testenv.Mappings(t, func(t *testing.T, userns string) { onHost(t, userns, test) })
	t.Run("keep-id", func(t *testing.T) { onHost(t, keepID(t), test) })
}
