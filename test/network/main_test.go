// Package network runs urun with each of its network drivers, as they are, in a network that is sealed. The tests see
// two network namespaces, which a pair of veth devices joins, and no other: the host, in which urun runs, and the
// world beyond it. Both are made in a user namespace, so they need no more rights than urun does, and nothing gets out.
package network

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// sealed names the directory with the binaries, once the tests run in namespaces of their own.
const sealed = "URUN_TEST_NETWORK_DIR"

var (
	dir    = os.Getenv(sealed)
	urun   = dir + "/bin/urun"
	probe  = dir + "/bin/probe"
	rootfs = dir + "/rootfs" // which no test changes
	lack   string            // why there is no sealed network; every test skips with it
)

// The test binary runs three times: as the caller, who builds; as the first process of the new namespaces, which makes
// the networks and then reaps; and as what runs the tests.
func TestMain(m *testing.M) {
	switch {
	case dir == "":
		os.Exit(outside(m))
	case os.Getpid() == 1:
		os.Exit(first())
	}
	os.Exit(testenv.Tidy(m.Run))
}

func outside(m *testing.M) int {
	if lack = lacks(); lack != "" {
		return m.Run()
	}
	var err error
	if dir, err = os.MkdirTemp("", "urun-network"); err == nil {
		defer os.RemoveAll(dir)
		err = os.Chmod(dir, 0o755) // other ids of the range come in
	}
	if err == nil {
		err = testenv.Build(dir+"/bin", "./cmd/urun", "./cmd/urun-netstack", "./test/probe")
	}
	if err == nil {
		err = testenv.Busybox(dir+"/rootfs", dir+"/bin/probe")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	c := exec.Command("unshare", append(append(seal(), "--", os.Args[0]), os.Args[1:]...)...)
	c.Env = append(os.Environ(), sealed+"="+dir)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread() // which the signal is about
	return status(c.Run())
}

// seal is how unshare is asked for the namespaces. The range of ids is for the other users of the host.
func seal() []string {
	return strings.Fields("--user --map-root-user --map-auto --net --mount --pid --fork --kill-child --mount-proc")
}

// lacks says what the machine has not that the tests need; a driver's own program is that driver's matter.
func lacks() string {
	if os.Getuid() == 0 {
		return "root"
	}
	if !testenv.HasRange() {
		return "no subordinate ids, or no newuidmap"
	}
	for _, program := range []string{"unshare", "nsenter", "ip", "setpriv", "dnsmasq", "busybox"} {
		if _, err := exec.LookPath(program); err != nil {
			return program + " is not installed"
		}
	}
	tun, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		return err.Error()
	}
	tun.Close()
	if out, err := exec.Command("unshare", append(seal(), "true")...).CombinedOutput(); err != nil {
		return fmt.Sprintf("namespaces for a sealed network cannot be made: %v: %s", err, out)
	}
	return ""
}

// needs skips the test without a sealed network, or when a program is not installed.
func needs(t testing.TB, programs ...string) {
	t.Helper()
	if lack == "root" {
		testenv.Unprivileged(t)
	}
	if lack != "" {
		testenv.Skip(t, lack)
	}
	testenv.Need(t, programs...)
}

func status(err error) int {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
