package network

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

// left lists what a run could leave: processes, mounts, files where urun may write, and sockets of the host. A namespace
// that neither a process nor a mount holds is gone.
func left(t testing.TB) []string {
	t.Helper()
	list, err := testenv.Mounts()
	if err != nil {
		t.Fatal(err)
	}
	pids, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pids {
		if line, err := os.ReadFile(p + "/cmdline"); err == nil { // it may end at any moment
			list = append(list, fmt.Sprintf("process %s %q", filepath.Base(p), strings.ReplaceAll(string(line), "\x00", " ")))
		}
	}
	for _, at := range []string{"/run/user/0", "/run/home", dir} {
		err := filepath.WalkDir(at, func(path string, d fs.DirEntry, err error) error {
			list = append(list, "file "+path)
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	for _, kind := range []string{"tcp", "tcp6", "udp", "udp6", "unix"} {
		text, err := os.ReadFile("/proc/net/" + kind)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); kind == "unix" && len(f) > 7 {
				list = append(list, "socket "+kind+" "+f[7])
			} else if kind != "unix" && f[3] != "06" && f[3] != "st" { // TIME_WAIT is the kernel's
				list = append(list, "socket "+kind+" "+f[1])
			}
		}
	}
	return list
}

// nothingIsLeft fails the test unless everything is soon as it was.
func nothingIsLeft(t testing.TB, before []string) {
	t.Helper()
	nothingIsLeftAfter(t, before, func() {})
}

// nothingIsLeftOfKilled is for a urun that was killed: whoever looks for a container next collects the records of those
// that are gone.
func nothingIsLeftOfKilled(t testing.TB, before []string) {
	t.Helper()
	nothingIsLeftAfter(t, before, func() { testenv.Finish(t, host(urun, "inspect", "nobody")) })
}

func nothingIsLeftAfter(t testing.TB, before []string, tidy func()) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		tidy()
		more := slices.DeleteFunc(left(t), func(s string) bool { return slices.Contains(before, s) })
		if len(more) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("left is\n%s", strings.Join(more, "\n"))
		}
	}
}

// inTurn runs a test with one driver after the other, so that what is there belongs to it.
func inTurn(t *testing.T, test func(t *testing.T, d driver)) {
	needs(t)
	for _, d := range drivers() {
		if !d.ports {
			d = d.with("port_handler=rootlesskit")
		}
		t.Run(d.net, func(t *testing.T) {
			d.needs(t)
			test(t, d)
		})
	}
}
