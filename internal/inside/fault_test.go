package inside

import (
	"encoding/base64"
	"errors"
	"os"
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

// changed is Run of a job that removes tree, with a program that was changed.
func changed(t *testing.T, ids userns.Choice, tree string, change func(*forkexec.Child, *forkexec.Program)) (*forkexec.Program, error) {
	t.Helper()
	p, err := newPipes()
	must(t, err)
	defer p.close()
	c, err := forkexec.Spawn(unix.CLONE_NEWUSER, 0, true)
	must(t, err)
	defer c.Close()
	program := p.program()
	change(c, program)
	return program, p.run(c, program, ids, []byte(`{"remove":"`+base64.StdEncoding.EncodeToString([]byte(tree))+`"}`))
}

// The helper does nothing unless every step to it was done: one that fails is named, one at which it is killed leaves nothing.
func TestEveryStepToTheHelperMayFail(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice) {
		faults, kills := 0, 0
		tree, _ := victim(t)
		program, err := changed(t, c, tree, func(*forkexec.Child, *forkexec.Program) {})
		must(t, err)
		before := descriptors(t)
		check := func(what string) {
			t.Helper()
			if _, err := os.Lstat(tree); err != nil {
				t.Fatalf("after %s: %v", what, err)
			}
			if after := descriptors(t); !slices.Equal(before, after) {
				t.Fatalf("after %s descriptors were %v and are %v", what, before, after)
			}
			if err := unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT|unix.WALL, nil); err != unix.ECHILD {
				t.Fatalf("after %s a child is left", what)
			}
		}
		for i, step := range program.Steps() {
			must(t, os.MkdirAll(tree, 0o755))
			what := program.Line(i)
			for _, errno := range []syscall.Errno{unix.EPERM, unix.EACCES, unix.ENOENT, unix.EINVAL, unix.EMFILE, unix.EIO, unix.ENOSYS} {
				if slices.Contains(step.On, errno) {
					continue
				}
				faults++
				_, err := changed(t, c, tree, func(_ *forkexec.Child, p *forkexec.Program) { p.Fail(i, errno) })
				if !errors.Is(err, errno) || !strings.Contains(err.Error(), "start the helper: step "+strconv.Itoa(i)+": ") {
					t.Errorf("%s with %v: %v", what, errno, err)
				}
				check(what)
			}
			if i == 0 {
				continue // it is there before it has a program
			}
			kills++
			ended := make(chan bool)
			_, err := changed(t, c, tree, func(c *forkexec.Child, p *forkexec.Program) {
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
	})
}
