// Package runners has the machines that people have, each made by emulation or in a virtual machine, and on all of them
// the same command: whether it runs there, on which rung, what urun says of that and who can mend it. README.md has what is
// expected as a table.
//
// An emulated machine is a user namespace with a range of ids, whose root does to it what the real one's would (the file
// world). So it takes no more rights than urun does.
package runners

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// dir has bin, with urun, its helper, the probe and what else machines need, and rootfs, of which each has a copy.
var dir string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		if os.Getuid() == 0 {
			return m.Run() // which skips all that starts a container
		}
		var err error
		if dir, err = os.MkdirTemp("", "urun-runners"); err == nil {
			defer os.RemoveAll(dir)
			err = os.Chmod(dir, 0o755) // the users of the machines are other ids
		}
		if err == nil {
			err = testenv.Build(dir+"/bin", "./cmd/urun", "./cmd/urun-netstack", "./cmd/urun-image", "./test/probe")
		}
		if _, absent := exec.LookPath("busybox"); err == nil && absent == nil {
			err = newRootfs(dir + "/rootfs")
		}
		if _, absent := exec.LookPath("gcc"); err == nil && absent == nil {
			err = exec.Command("gcc", "-shared", "-fPIC", "-o", dir+"/bin/libsubid_directory.so", "testdata/directory.c").Run()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return testenv.Tidy(m.Run)
	}())
}

// newRootfs makes a root file system that lacks no mount point, so that a start changes nothing in it.
func newRootfs(dir string) error {
	if err := testenv.Busybox(dir, ""); err != nil {
		return err
	}
	for _, name := range []string{"resolv.conf", "hosts", "hostname"} {
		if err := os.WriteFile(dir+"/etc/"+name, nil, 0o644); err != nil {
			return err
		}
	}
	return os.Mkdir(dir+"/mnt", 0o755)
}

// seal is how unshare is asked for a machine's namespaces.
func seal() []string {
	return strings.Fields("--user --map-root-user --map-auto --net --mount --pid --fork --kill-child --uts --ipc --cgroup --")
}

// needs skips the test where machines cannot be made.
func needs(t *testing.T) {
	t.Helper()
	testenv.Unprivileged(t)
	if !testenv.HasRange() {
		testenv.Skip(t, "no subordinate ids, or no newuidmap")
	}
	testenv.Need(t, "unshare", "setpriv", "ip", "busybox")
	tun, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		testenv.Skip(t, err.Error())
	}
	tun.Close()
	if out, err := exec.Command("unshare", append(seal(), "true")...).CombinedOutput(); err != nil {
		testenv.Skip(t, fmt.Sprintf("the namespaces of a machine cannot be made: %v: %s", err, out))
	}
}
