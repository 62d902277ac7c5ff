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
	"github.com/urun-project/urun/internal/network"
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
	net   network.Mode
}{
	{"one id", userns.Single, false, ocispec.Flags{}, network.None},
	{"one id, terminal", userns.Single, true, ocispec.Flags{}, network.None},
	{"full range", userns.Auto, false, ocispec.Flags{}, network.None},
	{"full range, terminal", userns.Auto, true, ocispec.Flags{}, network.None},
	{"one id, ephemeral, volumes", userns.Single, false, ocispec.Flags{FileFlags: ocispec.FileFlags{Ephemeral: true, Volume: []string{"/usr:/usr:ro", "/etc/passwd:/etc/host"}}}, network.None},
	{"slirp4netns", userns.Single, false, ocispec.Flags{}, network.Slirp4netns},
	{"gvisor, terminal", userns.Single, true, ocispec.Flags{}, network.Gvisor},
	{"auto", userns.Single, false, ocispec.Flags{FileFlags: ocispec.FileFlags{ReadOnly: true}}, network.Auto},
}

// fakeDrivers are programs that carry no packets. They end when urun does not want them any more.
func fakeDrivers(t *testing.T) network.Places {
	t.Helper()
	dir := t.TempDir()
	for name, script := range map[string]string{"slirp4netns": "printf 1 >&3; exec 3>&-; read end <&4", "urun-netstack": "exec cat >/dev/null"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return network.Places{Path: dir, Self: filepath.Join(dir, "urun")}
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
			o := Options{UserNS: userns.Wish{Mode: f.mode}, Network: network.Wish{Mode: f.net}, Places: fakeDrivers(t), Timing: true}
			if f.net != network.None && network.Probe(o.Network, o.Places).Tun != nil {
				testenv.Skip(t, "/dev/net/tun cannot be opened")
			}
			start := func(inject func(*forkexec.Program)) outcome {
				return faultyRun(t, rootfs, f.tty, f.flags, o, inject)
			}
			cleanRun(t, start) // makes what is missing in the rootfs
			clean := cleanRun(t, start)
			before := settled(t, rootfs)
			faults := []syscall.Errno{unix.EPERM, unix.ENOSPC, unix.EIO}
			n := 0
			for i := range clean.done {
				each := faults
				if f.net != network.None && !clean.connects(i) { // the others have had all of them above
					each = faults[i%len(faults):][:1]
				}
				for _, errno := range each {
					n++
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
			t.Logf("%d steps, %d faults", len(clean.done), n)
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
	program  *forkexec.Program // as it was first compiled
	makes    func(step int) bool
	connects func(step int) bool // it is one of the network's
	lowers   bool                // there is another network then, or none
	done     []bool              // its steps, when none was to fail
	said     []string
	network  string // what became of that
	status   int
	err      error
}

// faultyRun starts /bin/true with a changed program.
func faultyRun(t *testing.T, rootfs string, tty bool, flags ocispec.Flags, opt Options, inject func(*forkexec.Program)) (o outcome) {
	t.Helper()
	spec, extra, err := ocispec.FromFlags(&flags, ocispec.Invocation{
		ID: strings.Repeat("f", 64), Rootfs: rootfs, Command: []string{"/bin/true"}, Cwd: "/", TerminalIn: tty, TerminalOut: tty,
	})
	if err != nil {
		t.Fatal(err)
	}
	opt.Extra, opt.Notice = extra, func(line string) { o.said = append(o.said, line) }
	l := &launch{spec: spec, opt: opt}
	defer l.close()
	o.status, o.err = l.start(l.prepare, func() error {
		err := l.compile()
		if o.program == nil && err == nil { // the program of a second try has other steps
			tree, at := l.tree, l.at
			o.program, o.makes = l.program, func(step int) bool { return tree.Makes(forkexec.Ref(step)) }
			o.connects = func(step int) bool { return at.netns != 0 && at.tap <= step && step <= at.netns }
			o.lowers = opt.Network.Mode == network.Auto
			inject(l.program)
		}
		return err
	})
	o.err, o.network = failure(l, o.err), l.describeNetwork().Mode
	for _, at := range l.times.steps {
		o.done = append(o.done, at != 0)
	}
	return o
}

// cleanRun is what becomes of a start when no step is failed.
func cleanRun(t *testing.T, start func(func(*forkexec.Program)) outcome) outcome {
	t.Helper()
	o := start(func(*forkexec.Program) {})
	if o.err != nil || o.status != 0 {
		t.Fatalf("status %d, %v", o.status, o.err)
	}
	if len(o.done) < 50 || !o.done[len(o.done)-1] {
		t.Fatalf("steps done: %v", o.done)
	}
	return o
}

// consistent fails the test unless the fault had the effect it has to have.
func (o outcome) consistent(t *testing.T, i int, errno syscall.Errno) {
	t.Helper()
	step := o.program.Steps()[i]
	what := "step " + strconv.Itoa(i) + ", " + o.program.Line(i) + ", " + errno.Error()
	var e *Error
	switch tolerated := slices.Contains(step.On, errno); {
	case o.lowers && o.connects(i) && !tolerated:
		if o.err != nil || o.status != 0 || o.network != "slirp4netns" {
			t.Errorf("%s: status %d, %v, network %s", what, o.status, o.err, o.network)
		}
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
	// Without reaping it: who has started it waits for it.
	err = unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT|unix.WALL, nil)
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

// settled is what there is when the helpers of the last start have ended.
func settled(t *testing.T, rootfs string) (l left) {
	t.Helper()
	for range 100 {
		was := l
		if l = snapshotOf(t, rootfs); was.compare(l) == "" {
			return l
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal(l.compare(snapshotOf(t, rootfs)))
	return l
}

// The last rung of auto is loopback alone, and that is said.
func TestWithoutADriverThatWorksThereIsLoopback(t *testing.T) {
	testenv.Unprivileged(t)
	testenv.Need(t, "busybox")
	o := Options{UserNS: userns.Wish{Mode: userns.Single}, Network: network.Wish{Mode: network.Auto}, Places: fakeDrivers(t)}
	o.Places.Self = "/nowhere/urun"
	if network.Probe(o.Network, o.Places).Tun != nil {
		testenv.Skip(t, "/dev/net/tun cannot be opened")
	}
	rootfs := filepath.Join(t.TempDir(), "rootfs")
	if err := testenv.Busybox(rootfs, ""); err != nil {
		t.Fatal(err)
	}
	fails := func(inject func(*forkexec.Program)) {
		t.Helper()
		r := faultyRun(t, rootfs, false, ocispec.Flags{}, o, inject)
		if said := strings.Join(r.said, "\n"); r.err != nil || r.status != 0 || r.network != "none" || !strings.HasPrefix(said, "no network but loopback: ") || strings.Contains(said, "\n") {
			t.Errorf("status %d, %v, network %s, said %q", r.status, r.err, r.network, r.said)
		}
	}
	fails(func(p *forkexec.Program) {
		for i := range p.Steps() {
			if strings.Contains(p.Line(i), "TUNSETIFF,") {
				p.Fail(i, unix.EBUSY)
			}
		}
	})
	// Nor is a driver that ends before it is ready the end of the start.
	if err := os.WriteFile(filepath.Join(o.Places.Path, "slirp4netns"), []byte("#!/bin/sh\necho cannot >&2; exit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	fails(func(*forkexec.Program) {})
}

// remains says what is not as it was. What copies the terminal's output closes it a moment later, and a driver
// without ports is not waited for.
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
