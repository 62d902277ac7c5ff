package nofile_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/nofile"
)

// Keeps away: the command got the hard limit on descriptors as its soft one.
func TestTheCallersLimitIsSeenBeforeGoRaisesIt(t *testing.T) {
	if os.Getenv("NOFILE_TEST") != "" {
		if nofile.Inherited.Cur != 77 {
			t.Errorf("soft limit %d, want the caller's 77", nofile.Inherited.Cur)
		}
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("/bin/sh", "-c", "ulimit -S -n 77; exec "+self+" -test.run TestTheCallers -test.v")
	c.Env = append(os.Environ(), "NOFILE_TEST=1")
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Fatalf("%v\n%s", err, out)
	}
}
