package inside

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/userns"
)

// changed is Run of a job, with a program that was changed.
func changed(t *testing.T, ids userns.Choice, job Job, change func(*forkexec.Child, *forkexec.Program)) (*forkexec.Program, error) {
	t.Helper()
	p, err := newPipes()
	must(t, err)
	defer p.close()
	c, err := forkexec.Spawn(job.namespaces(), 0, true)
	must(t, err)
	defer c.Close()
	text, err := job.order()
	must(t, err)
	program := job.program(p)
	change(c, program)
	_, err = p.run(c, program, ids, text)
	return program, err
}

// everyStep makes each step to the helper fail with each kind of error, and kills it at each: nothing may be done then, and nothing left.
func everyStep(t *testing.T, c userns.Choice, job Job, undone func()) {
	faults, kills := 0, 0
	program, err := changed(t, c, job, func(*forkexec.Child, *forkexec.Program) {})
	must(t, err)
	before := descriptors(t)
	check := func(what string) {
		t.Helper()
		undone()
		if after := descriptors(t); !slices.Equal(before, after) {
			t.Fatalf("after %s descriptors were %v and are %v", what, before, after)
		}
		if err := unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT|unix.WALL, nil); err != unix.ECHILD {
			t.Fatalf("after %s a child is left", what)
		}
	}
	for i, step := range program.Steps() {
		what := program.Line(i)
		for _, errno := range []syscall.Errno{unix.EPERM, unix.EACCES, unix.ENOENT, unix.EINVAL, unix.EMFILE, unix.EIO, unix.ENOSYS} {
			if slices.Contains(step.On, errno) {
				continue
			}
			faults++
			_, err := changed(t, c, job, func(_ *forkexec.Child, p *forkexec.Program) { p.Fail(i, errno) })
			says := "start the helper: step " + strconv.Itoa(i) + ": "
			if step.Trap == unix.SYS_EXECVEAT && errno == unix.ENOENT {
				says = "start the helper: inside.test is linked dynamically, and its sandbox has no loader: build it with CGO_ENABLED=0"
			}
			if !errors.Is(err, errno) || !strings.Contains(err.Error(), says) {
				t.Errorf("%s with %v: %v", what, errno, err)
			}
			check(what)
		}
		if i == 0 {
			continue // it is there before it has a program
		}
		kills++
		ended := make(chan bool)
		_, err := changed(t, c, job, func(c *forkexec.Child, p *forkexec.Program) {
			at := &p.Steps()[i] // in its place the child waits for ever
			*at = forkexec.Step{Why: "held", Trap: unix.SYS_PPOLL, Args: []any{int64(0), int64(0), int64(0), int64(0), int64(0)}, Into: at.Into}
			go func() {
				defer close(ended)
				for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
					if c.At() == i {
						_ = c.Signal(unix.SIGKILL, false) // the answer tells
						return
					}
				}
			}()
		})
		<-ended
		if err == nil || !strings.Contains(err.Error(), "the helper ended without an answer") {
			t.Errorf("killed at %s: %v", what, err)
		}
		check("a kill at " + what)
	}
	t.Logf("the helper: %d steps, %d faults, %d kills", len(program.Steps()), faults, kills)
}

// The helper does nothing unless every step to it was done: one that fails is named, one at which it is killed leaves nothing.
func TestEveryStepToTheHelperMayFail(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice) {
		tree, _ := victim(t)
		first := true
		everyStep(t, c, Job{Name: removeJob, Args: []byte(tree)}, func() {
			t.Helper()
			if first { // the run without a fault has removed it
				first = false
				must(t, os.Mkdir(tree, 0o755))
			}
			if _, err := os.Lstat(tree); err != nil {
				t.Fatalf("the job was done: %v", err)
			}
		})
	})
}

// Nor a confined one, to which there are more.
func TestEveryStepToTheSandboxMayFail(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice) {
		tree, canary := victim(t)
		marked := filepath.Join(tree, "marked")
		file, err := os.Open(canary + "/file")
		must(t, err)
		defer file.Close()
		job := Job{Name: "mark", Root: tree, Files: []*os.File{file}, Trees: []string{canary, tree}}
		must(t, Run(t.Context(), job, c, nil))
		must(t, os.Remove(marked))
		first := true
		everyStep(t, c, job, func() {
			t.Helper()
			if first { // that of the run without a fault
				first = false
				must(t, os.Remove(marked))
			}
			if _, err := os.Lstat(marked); !os.IsNotExist(err) {
				t.Fatalf("the job was done: %v", err)
			}
		})
	})
}
