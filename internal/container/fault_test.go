package container

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
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/test/testenv"
	"github.com/urun-project/urun/userns"
)

// faulty are the containers whose steps are failed, one after another.
var faulty = []struct {
	name  string
	mode  userns.Mode
	tty   bool
	flags ocispec.Flags
}{
	{"one id", userns.Single, false, ocispec.Flags{}},
	{"one id, terminal", userns.Single, true, ocispec.Flags{}},
	{"full range", userns.Auto, false, ocispec.Flags{}},
	{"full range, terminal", userns.Auto, true, ocispec.Flags{}},
	{"one id, ephemeral, volumes", userns.Single, false, ocispec.Flags{FileFlags: ocispec.FileFlags{Ephemeral: true, Volume: []string{"/usr:/usr:ro", "/etc/passwd:/etc/host"}}}},
}

// A step that fails is an error of urun's that names it, and leaves nothing.
func TestEveryStepMayFail(t *testing.T) {
	testenv.Unprivileged(t)
	testenv.Need(t, "busybox")
	rootfs := filepath.Join(t.TempDir(), "rootfs")
	if err := testenv.Busybox(rootfs, ""); err != nil {
		t.Fatal(err)
	}
	for _, f := range faulty {
		t.Run(f.name, func(t *testing.T) {
			if f.mode == userns.Auto && !testenv.HasRange() {
				testenv.Skip(t, "no subordinate ids, or no newuidmap")
			}
			start := func(inject func(*forkexec.Program)) outcome {
				return faultyRun(t, rootfs, f.mode, f.tty, f.flags, inject)
			}
			cleanRun(t, start) // makes what is missing in the rootfs
			done := cleanRun(t, start)
			before := snapshotOf(t, rootfs)
			faults := []syscall.Errno{unix.EPERM, unix.ENOSPC, unix.EIO}
			for i := range done {
				for _, errno := range faults {
					start(func(p *forkexec.Program) {
						for _, h := range heads(p.Steps(), i) {
							p.Fail(h, p.Steps()[h].On[0])
						}
						p.Fail(i, errno)
					}).consistent(t, i, errno)
					if err := before.remains(t, rootfs); err != "" {
						t.Fatalf("after step %d failed with %v: %s", i, errno, err)
					}
				}
			}
			t.Logf("%d steps, %d faults", len(done), len(done)*len(faults))
		})
	}
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

// outcome is what became of a start.
type outcome struct {
	program *forkexec.Program // as it was first compiled
	makes   func(step int) bool
	done    []bool // its steps, when none was to fail
	status  int
	err     error
}

// faultyRun starts /bin/true with a changed program.
func faultyRun(t *testing.T, rootfs string, mode userns.Mode, tty bool, flags ocispec.Flags, inject func(*forkexec.Program)) (o outcome) {
	t.Helper()
	spec, extra, err := ocispec.FromFlags(&flags, ocispec.Invocation{
		ID: strings.Repeat("f", 64), Rootfs: rootfs, Command: []string{"/bin/true"}, Cwd: "/", TerminalIn: tty, TerminalOut: tty,
	})
	if err != nil {
		t.Fatal(err)
	}
	l := &launch{spec: spec, opt: Options{Extra: extra, UserNS: userns.Wish{Mode: mode}, Timing: true, Notice: func(string) {}}}
	defer l.close()
	o.status, o.err = l.start(l.prepare, func() error {
		err := l.compile()
		if o.program == nil && err == nil { // the program of a second try has other steps
			tree := l.tree
			o.program, o.makes = l.program, func(step int) bool { return tree.Makes(forkexec.Ref(step)) }
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

// cleanRun tells which steps are done when none is failed.
func cleanRun(t *testing.T, start func(func(*forkexec.Program)) outcome) []bool {
	t.Helper()
	o := start(func(*forkexec.Program) {})
	if o.err != nil || o.status != 0 {
		t.Fatalf("status %d, %v", o.status, o.err)
	}
	if len(o.done) < 50 || !o.done[len(o.done)-1] {
		t.Fatalf("steps done: %v", o.done)
	}
	return o.done
}

// consistent fails the test unless the fault had the effect it has to have.
func (o outcome) consistent(t *testing.T, i int, errno syscall.Errno) {
	t.Helper()
	step := o.program.Steps()[i]
	what := "step " + strconv.Itoa(i) + ", " + o.program.Line(i) + ", " + errno.Error()
	var e *Error
	switch tolerated := slices.Contains(step.On, errno); {
	case o.err == nil && o.status == 0 && (tolerated || o.makes(i) && errno == unix.EPERM): // there is another way
	case o.err == nil:
		t.Errorf("%s: status %d and no error", what, o.status)
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

// left is what a start may leave behind.
type left struct {
	fds, mounts []string
	rootfs      string
	children    bool
}

func snapshotOf(t *testing.T, rootfs string) left {
	t.Helper()
	var l left
	for _, name := range names(t, "/proc/self/fd") {
		to, err := os.Readlink("/proc/self/fd/" + name)
		if err == nil { // not that of the listing itself
			l.fds = append(l.fds, name+" -> "+to)
		}
	}
	var err error
	if l.mounts, err = testenv.Mounts(); err != nil {
		t.Fatal(err)
	}
	if l.rootfs, err = testenv.Listing(filepath.Join(rootfs, "etc")); err != nil {
		t.Fatal(err)
	}
	l.rootfs += strings.Join(names(t, rootfs), " ") + strings.Join(names(t, filepath.Dir(rootfs)), " ")
	_, err = unix.Wait4(-1, nil, unix.WNOHANG|unix.WALL, nil)
	l.children = err != unix.ECHILD
	return l
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := f.Readdirnames(-1)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// remains says what is not as it was. What copies the terminal's output closes it a moment later.
func (l left) remains(t *testing.T, rootfs string) (what string) {
	t.Helper()
	for range 100 {
		if what = l.compare(snapshotOf(t, rootfs)); what == "" {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return what
}

// compare says what now has that l has not, and the other way round.
func (l left) compare(now left) string {
	switch {
	case now.children:
		return "a child is left"
	case !slices.Equal(l.fds, now.fds):
		return "descriptors were\n" + strings.Join(l.fds, "\n") + "\nand are\n" + strings.Join(now.fds, "\n")
	case !slices.Equal(l.mounts, now.mounts):
		return "mounts were\n" + strings.Join(l.mounts, "\n") + "\nand are\n" + strings.Join(now.mounts, "\n")
	case l.rootfs != now.rootfs:
		return "files were\n" + l.rootfs + "\nand are\n" + now.rootfs
	}
	return ""
}
