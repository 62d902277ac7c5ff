// Package seeds runs the demonstrations of its directory: each shows on a real rootfs what one tutorial about
// containers tells, and fails when it is not so. They are scripts, for a reader to run: make build, then
// test/seeds/1-namespaces.
package seeds

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// notHere is the status a demonstration ends with when the machine lacks what it needs.
const notHere = 77

func TestDemonstrations(t *testing.T) {
	testenv.Unprivileged(t)
	scripts, err := filepath.Glob("[0-9]-*")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no demonstrations: %v", err)
	}
	bin := t.TempDir()
	if err := testenv.Build(bin, "./cmd/urun", "./test/probe"); err != nil {
		t.Fatal(err)
	}
	mounts, err := testenv.Mounts()
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range scripts {
		t.Run(script, func(t *testing.T) {
			c := exec.Command("./" + script)
			c.Env = append(os.Environ(), "URUN="+bin+"/urun", "PROBE="+bin+"/probe")
			out, err := c.CombinedOutput()
			exit, ended := errors.AsType[*exec.ExitError](err)
			switch {
			case ended && exit.ExitCode() == notHere:
				testenv.Skip(t, string(out))
			case err != nil:
				t.Errorf("%v\n%s", err, out)
			default:
				t.Logf("%s", out)
			}
		})
	}
	if err := testenv.Leaks(bin+"/urun", mounts); err != nil {
		t.Error(err)
	}
}
