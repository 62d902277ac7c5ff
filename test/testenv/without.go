package testenv

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// without names what a run of a package's tests has to do without, URUN_TEST_WITHOUT: "openat2" or "mounts", which the
// probe's filters take away (probe refuse). "" is nothing.
func without() string { return os.Getenv("URUN_TEST_WITHOUT") }

// again runs the tests of this package in a process that has the filter, unless this one has it.
func (k *Kit) again() (status int, done bool, err error) {
	if without() == "" || k == nil || os.Getenv("URUN_TEST_FILTERED") == "1" {
		return 0, false, nil
	}
	self, err := os.Executable()
	if err != nil {
		return 0, false, err
	}
	c := exec.Command(k.Probe, append([]string{"refuse", without(), self}, os.Args[1:]...)...)
	c.Env = append(os.Environ(), "URUN_TEST_FILTERED=1", "URUN_TEST_BIN="+k.dir+"/bin")
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	err = c.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode(), true, nil
	}
	return 0, true, err
}

// Without runs the tests of this package again, each time with less of the kernel. Every start is refused then, or right:
// what a test looks at afterwards, the canaries among it, is looked at.
func Without(t *testing.T) {
	t.Helper()
	Unprivileged(t)
	if without() != "" || testing.Short() {
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"openat2", "mounts"} {
		t.Run(what, func(t *testing.T) {
			c := exec.Command(self, "-test.short", "-test.v", "-test.timeout=10m")
			c.Env = append(os.Environ(), "URUN_TEST_WITHOUT="+what)
			out, err := c.CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			refused, passed := strings.Count(string(out), "refused, as it lacks "+what), strings.Count(string(out), "--- PASS: ")
			t.Logf("%d starts were refused, %d tests passed", refused, passed)
			if refused < 100 {
				t.Errorf("%d starts were refused: the filter is not there", refused)
			}
		})
	}
}

// Lacks tells whether the run must do without something (see [Without]) and urun has refused for it, clearly: then there
// is nothing more to ask of it. Where it did not refuse, what the test expects anyway is expected.
func (r Result) Lacks(t testing.TB) bool {
	t.Helper()
	if without() == "" || r.Status != 125 || r.Stdout != "" {
		return false
	}
	// There may be a line before: without setuid programs, which a user's filter does without as well, there is one id.
	for line := range strings.Lines(r.Stderr) {
		if !strings.HasPrefix(line, "urun: ") || len(line) < 30 {
			return false
		}
	}
	t.Log("refused, as it lacks " + without())
	return true
}
