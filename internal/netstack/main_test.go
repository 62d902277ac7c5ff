package netstack

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// helperBinary is urun-netstack, as the outer test process built it.
const helperBinary = "URUN_NETSTACK_TEST_BINARY"

// laidOut tells a process that the namespace it is in has its addresses: a fuzz test starts workers.
const laidOut = "URUN_NETSTACK_TEST_LAID_OUT"

// No packet of these tests may leave the machine, so they run in a network namespace that has nothing but a loopback device. The
// address of the world outside is on that, too.
func TestMain(m *testing.M) {
	if os.Getenv(helperBinary) == "" {
		os.Exit(sealed())
	}
	if os.Getenv(laidOut) == "" {
		layOut()
	}
	os.Exit(m.Run()) // not Tidy: a stack keeps its device until the process ends, as it may
}

func layOut() {
	for _, args := range [][]string{
		{"ip", "link", "set", "lo", "up"},
		{"ip", "addr", "add", outside + "/32", "dev", "lo"},
		{"ip", "addr", "add", otherOutside + "/32", "dev", "lo"},
		{"ip", "addr", "add", "10.0.2.2/32", "dev", "lo"}, // a host may have a network like the container's
		{"ip", "addr", "add", "10.0.2.3/32", "dev", "lo"},
		{"ip", "-6", "addr", "add", outside6 + "/128", "dev", "lo"},
		{"ip", "-6", "addr", "add", otherOutside6 + "/128", "dev", "lo"},
		{"ip", "-6", "addr", "add", "fd00::2/128", "dev", "lo"},
		{"ip", "-6", "addr", "add", "fd00::3/128", "dev", "lo"},
		{"ip", "-6", "route", "add", "unreachable", unreachable6 + "/128"},
		{"sysctl", "-qw", "net.ipv4.ping_group_range=0 0"},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			fmt.Fprintln(os.Stderr, args, err, string(out))
			os.Exit(1)
		}
	}
	os.Setenv(laidOut, "1")
}

// sealed runs the tests again where they can do no harm.
func sealed() int {
	dir, err := os.MkdirTemp("", "netstack")
	if err == nil {
		defer os.RemoveAll(dir)
		err = testenv.Build(dir, "./cmd/urun-netstack")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	c := exec.Command("/proc/self/exe", os.Args[1:]...)
	c.Env = append(os.Environ(), helperBinary+"="+filepath.Join(dir, "urun-netstack"))
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.SysProcAttr = ownNamespaces()
	err = c.Run()
	if c.ProcessState == nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return c.ProcessState.ExitCode()
}

// ownNamespaces has the caller as root in namespaces of its own.
func ownNamespaces() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
}

// The world outside: addresses from the documentation's ranges.
const (
	outside      = "192.0.2.1"
	otherOutside = "192.0.2.2"
	nowhere      = "198.51.100.1" // no route leads there

	outside6      = "2001:db8::1"
	otherOutside6 = "2001:db8::2"
	nowhere6      = "2001:db8:1::1"
	unreachable6  = "2001:db8:2::1" // a route says so
)
