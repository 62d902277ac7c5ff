package container

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/test/testenv"
	"github.com/urun-project/urun/userns"
)

// dwelling starts a container that waits, and gives what exec needs to know of it.
func dwelling(t *testing.T, mode userns.Mode) (*Running, *specs.Process) {
	t.Helper()
	dir := t.TempDir()
	rootfs := filepath.Join(dir, "rootfs")
	if err := testenv.Busybox(rootfs, ""); err != nil {
		t.Fatal(err)
	}
	flags := ocispec.Flags{ProcessFlags: ocispec.ProcessFlags{Name: "dwelling"}}
	id := strings.Repeat("e", 64)
	spec, extra, err := ocispec.FromFlags(&flags, ocispec.Invocation{ID: id, Rootfs: rootfs, Command: []string{"/bin/sleep", "600"}, Cwd: "/"})
	if err != nil {
		t.Fatal(err)
	}
	a := Access{States: []string{filepath.Join(dir, "state")}}
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // see forkexec.Spawn
		_, err := Run(spec, Options{ID: id, Extra: extra, UserNS: userns.Wish{Mode: mode}, Network: network.Wish{Mode: network.None}, States: a.States, Notice: func(string) {}})
		ended <- err
	}()
	var r *Running
	var p *specs.Process
	for until := time.Now().Add(20 * time.Second); p == nil && time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		// To look for one that is not there locks the records, and a child that is cloned meanwhile has a copy of the lock
		// until its exec.
		if _, err = os.Lstat(a.States[0] + "/name.dwelling"); err != nil {
			continue
		}
		if r, err = a.Find("dwelling"); err == nil {
			p, err = a.Process(r.Record)
		}
	}
	if p == nil {
		select {
		case err = <-ended:
			t.Fatalf("the container ended: %v", err)
		default:
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := r.Kill(unix.SIGKILL, false); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
		r.Close()
	})
	return r, p
}

// faultyExec runs /bin/true in the container with a changed program.
func faultyExec(t *testing.T, r *Running, p specs.Process, tty bool, inject func(*forkexec.Program)) (o outcome) {
	t.Helper()
	p.Args, p.Terminal = []string{"/bin/true"}, tty
	l, err := r.entering(&p, "0:0", false, Options{Timing: true, Notice: func(line string) { o.said = append(o.said, line) }})
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(l.target.pidfd)
	defer l.close()
	o.status, o.err = l.start(l.prepareExec, func() error {
		err := l.compileExec()
		if err == nil {
			o.program = l.program
			inject(l.program)
		}
		return err
	})
	o.err = failure(l, o.err)
	for _, at := range l.times.steps {
		o.done = append(o.done, at != 0)
	}
	return o
}

// leftByExec is what an exec may leave behind: descriptors and children of the caller.
func leftByExec(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, name := range names(t, "/proc/self/fd") {
		if to, err := os.Readlink("/proc/self/fd/" + name); err == nil { // not that of the listing itself
			b.WriteString(name + " -> " + to + "\n")
		}
	}
	pids := children()
	slices.Sort(pids)
	for _, pid := range pids {
		b.WriteString("child " + strconv.Itoa(pid) + "\n")
	}
	return b.String()
}

// A step that fails is an error that names it, and leaves the container and the caller as they were.
func TestEveryStepOfExecMayFail(t *testing.T) {
	testenv.Unprivileged(t)
	testenv.Need(t, "busybox")
	for _, f := range []struct {
		name string
		mode userns.Mode
		tty  bool
	}{{"one id", userns.Single, false}, {"full range, terminal", userns.Auto, true}} {
		t.Run(f.name, func(t *testing.T) {
			if f.mode == userns.Auto && !testenv.HasRange() {
				testenv.Skip(t, "no subordinate ids, or no newuidmap")
			}
			r, process := dwelling(t, f.mode)
			try := func(inject func(*forkexec.Program)) outcome { return faultyExec(t, r, *process, f.tty, inject) }
			try(func(*forkexec.Program) {})
			clean := try(func(*forkexec.Program) {})
			if clean.err != nil || clean.status != 0 || len(clean.done) < 30 {
				t.Fatalf("status %d, %v, %d steps", clean.status, clean.err, len(clean.done))
			}
			before, n := "", 0
			for now := leftByExec(t); now != before; now = leftByExec(t) { // what copies a terminal's output closes it a moment later
				before = now
				time.Sleep(100 * time.Millisecond)
			}
			for i, step := range clean.program.Steps() {
				for _, errno := range []syscall.Errno{unix.EPERM, unix.ENOSPC, unix.EIO} {
					n++
					o := try(func(p *forkexec.Program) {
						for _, h := range heads(p.Steps(), i) {
							p.Fail(h, p.Steps()[h].On[0])
						}
						p.Fail(i, errno)
					})
					what := clean.program.Line(i) + " with " + errno.Error()
					var e *Error
					switch tolerated := slices.Contains(step.On, errno); {
					case tolerated && o.err == nil && o.status == 0:
					case o.err == nil:
						t.Errorf("%s: status %d and no error", what, o.status)
					case !errors.As(o.err, &e) || e.Status != StatusFailed || strings.ContainsAny(e.Says, "\n\r"):
						t.Errorf("%s: says %q", what, o.err)
					case !tolerated && (!strings.Contains(e.Says, "(step "+strconv.Itoa(i)+" failed: ") || !errors.Is(o.err, errno)):
						t.Errorf("%s: says %q", what, e.Says)
					}
					now := leftByExec(t)
					for until := time.Now().Add(10 * time.Second); now != before && time.Now().Before(until); now = leftByExec(t) {
						time.Sleep(5 * time.Millisecond) // what copies a terminal's output closes it a moment later
					}
					if now != before {
						t.Fatalf("after %s there was\n%s\nand is\n%s", what, before, now)
					}
				}
			}
			if r.Paused() || !r.runs() {
				t.Error("the container does not run any more")
			}
			t.Logf("%d steps, %d faults", len(clean.program.Steps()), n)
		})
	}
}
