// Package lifecycle starts containers in the background and does to them, to the urun that looks after each and to the
// commands about them what happens in a year: all of them are killed at any moment, disks fill up, records are torn,
// a hundred commands come at once. Each test has a place of its own, where nothing may be left at its end.
package lifecycle

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

var kit *testenv.Kit

func TestMain(m *testing.M) { testenv.Main(m, &kit) }

// home is where a test has its containers.
func home(t *testing.T) *testenv.Home {
	t.Helper()
	testenv.Unprivileged(t)
	t.Parallel()
	return kit.Home(t, "")
}

// homes are two, for one id and for the full range.
func homes(t *testing.T, test func(h *testenv.Home)) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		t.Parallel()
		test(kit.Home(t, userns))
	})
}

// kill ends a process.
func kill(t testing.TB, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// oneLine fails the test unless urun said one line.
func oneLine(t testing.TB, stderr string) {
	t.Helper()
	if line, more, ended := strings.Cut(stderr, "\n"); !ended || more != "" || !strings.HasPrefix(line, "urun: ") {
		t.Errorf("want one line, got %q", stderr)
	}
}

// record is where the record of the container is.
func record(h *testenv.Home, id string) string { return h.Runtime + "/urun/" + id }

// children are those of a process.
func children(pid int) (pids []int) {
	lists, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children") // the pattern is right
	for _, list := range lists {
		text, _ := os.ReadFile(list) // it may have ended
		for _, word := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(word); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}
