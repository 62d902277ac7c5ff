package container

import (
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/userns"
)

// classes are what a step may fail with, each a kind of cause. EINTR is among them because no step is tried again: all
// signals are blocked, and only a file system of somebody's making gives it.
var classes = []syscall.Errno{
	unix.EPERM,  // no privilege for it, or a seccomp filter; of a mount point it means another rung
	unix.EACCES, // permissions, or a security module
	unix.ENOENT, // somebody has removed it meanwhile
	unix.EINVAL, // an older kernel does not know a flag
	unix.ENOSPC, // a full disk, too many mounts or namespaces
	unix.ENOMEM, // of the kernel, or the limit of the cgroup around
	unix.EMFILE, // too many descriptors
	unix.EIO,    // a broken disk
	unix.ENOSYS, // an older kernel, or a seccomp filter
	unix.EBUSY,  // a mount or a device in use
	unix.EINTR,
}

// every tells whether each step is to fail in every way, which takes minutes, and not in some.
func every() bool { return os.Getenv("URUN_TEST_FAULTS") == "all" }

// ways chooses with what steps fail: with everything, or each that no container before had with one errno, and of the
// others, which are most, a third.
type ways struct {
	container int
	had       map[string]bool
}

func (w *ways) of(i int, step forkexec.Step) []syscall.Errno {
	if every() {
		all := slices.Clone(classes)
		for _, errno := range step.On {
			if !slices.Contains(all, errno) {
				all = append(all, errno)
			}
		}
		return all
	}
	what := strconv.Itoa(int(step.Trap)) + step.Why
	if w.had[what] && (i+w.container)%3 != 0 {
		return nil
	}
	w.had[what] = true
	at := (i + 5*w.container) % len(classes)
	return classes[at : at+1]
}

// A step that fails is an error of urun's that names it, and leaves nothing.
func TestEveryStepMayFail(t *testing.T) {
	steps, total, some := 0, 0, ways{had: map[string]bool{}}
	for _, f := range faults {
		some.container++
		t.Run(f.name, func(t *testing.T) {
			r := rigged(t, f)
			r.clean(t) // makes what is missing in the rootfs
			clean := r.clean(t)
			before, count := r.settled(t), 0
			for i, step := range clean.program.Steps() {
				if !clean.reaches(i) {
					continue
				}
				for _, errno := range some.of(i, step) {
					count++
					r.consistent(t, r.start(id("f"), func(o *outcome) { fail(o.program, i, errno) }), i, errno)
					if err := before.remains(t, r); err != "" {
						t.Fatalf("after step %d failed with %v: %s", i, errno, err)
					}
				}
			}
			t.Logf("%s: %d steps, %d faults", f.name, len(clean.program.Steps()), count)
			steps, total = steps+len(clean.program.Steps()), total+count
		})
	}
	t.Logf("in all: %d steps, %d faults", steps, total)
}

// fail has step i of a program fail, also when it is an alternative.
func fail(p *forkexec.Program, i int, errno syscall.Errno) {
	for _, h := range heads(p.Steps(), i) {
		p.Fail(h, p.Steps()[h].On[0])
	}
	p.Fail(i, errno)
}

// heads are the steps that have to fail for step i, an alternative, to be done.
func heads(steps []forkexec.Step, i int) (list []int) {
	for h := range i {
		if h+steps[h].Skip >= i {
			list = append(list, h)
		}
	}
	return list
}

// reaches tells whether step i is done where nothing is failed but what it is an alternative of. What depends on a path that
// this kernel does not have is not.
func (o *outcome) reaches(i int) bool {
	for h, s := range o.program.Steps()[:i] {
		if s.Miss > 0 && h+s.Miss >= i && !o.done[h+1] {
			return false
		}
	}
	return true
}

// clean is what becomes of a start when no step is failed.
func (r *rig) clean(t *testing.T) outcome {
	t.Helper()
	o := r.start(id("f"), func(*outcome) {})
	if o.err != nil || o.status != 0 {
		t.Fatalf("status %d, %v", o.status, o.err)
	}
	if len(o.done) < 50 || !o.done[len(o.done)-1] || len(o.done) != len(o.program.Steps()) {
		t.Fatalf("steps done: %v", o.done)
	}
	return o
}

// consistent fails the test unless the fault had the effect it has to have.
func (r *rig) consistent(t *testing.T, o outcome, i int, errno syscall.Errno) {
	t.Helper()
	if o.program == nil {
		t.Errorf("step %d with %v: no program was changed: %v", i, errno, o.err)
		return
	}
	step := o.program.Steps()[i]
	what := "step " + strconv.Itoa(i) + ", " + o.program.Line(i) + ", " + errno.Error()
	var e *Error
	var absent *commandError
	lower := o.makes(i) && slices.Contains([]syscall.Errno{unix.EPERM, unix.EACCES, unix.EROFS}, errno) ||
		r.layers > 0 && r.flags.Overlay == "" && step.Trap == unix.SYS_FSOPEN && isOverlay(step) && errno == unix.EPERM
	switch tolerated := slices.Contains(step.On, errno); {
	case r.next != "" && o.connects(i) && !tolerated:
		if o.err != nil || o.status != 0 || o.network != r.next {
			t.Errorf("%s: status %d, %v, network %s", what, o.status, o.err, o.network)
		}
	case o.err == nil && o.status == 0 && (tolerated || lower): // there is another way
	case o.err == nil:
		t.Errorf("%s: status %d and no error", what, o.status)
	case tolerated && o.opt.Extra.HostRoot && errors.As(o.err, &absent): // the host's directory that it is in was left out
	case !errors.As(o.err, &e) || e.Status != StatusFailed:
		t.Errorf("%s: %#v is no *Error with status %d", what, o.err, StatusFailed)
	case strings.ContainsAny(e.Says, "\n\r") || len(e.Says) < 30:
		t.Errorf("%s: says %q", what, e.Says)
	case tolerated: // a later step failed for it, and is named
		if !strings.Contains(e.Says, "(step ") {
			t.Errorf("%s: says %q", what, e.Says)
		}
	case !strings.Contains(e.Says, "(step "+strconv.Itoa(i)+" failed: ") || !strings.Contains(e.Says, step.Why) || !errors.Is(o.err, errno):
		t.Errorf("%s: says %q", what, e.Says)
	}
}

// The last rung of auto is loopback alone, and that is said.
func TestWithoutADriverThatWorksThereIsLoopback(t *testing.T) {
	r := rigged(t, faulty{mode: userns.Single, net: network.Auto})
	r.places.Self = "/nowhere/urun"
	fails := func(inject func(*outcome)) {
		t.Helper()
		o := r.start(id("f"), inject)
		if said := strings.Join(o.said, "\n"); o.err != nil || o.status != 0 || o.network != "none" || !strings.HasPrefix(said, "no network but loopback: ") || strings.Contains(said, "\n") {
			t.Errorf("status %d, %v, network %s, said %q", o.status, o.err, o.network, o.said)
		}
	}
	fails(func(o *outcome) { refuseDevice(o.launch) })
	// Nor is a driver that ends before it is ready the end of the start.
	if err := os.WriteFile(r.places.Path+"/slirp4netns", []byte("#!/bin/sh\necho cannot >&2; exit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	fails(func(*outcome) {})
}
