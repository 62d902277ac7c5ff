package container

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/cgroup2"
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
	// With something denied there is a Landlock layer, and so one of the command's.
	flags := ocispec.Flags{ProcessFlags: ocispec.ProcessFlags{Name: "dwelling"}, FileFlags: ocispec.FileFlags{Deny: []string{"/etc/passwd"}}}
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

// execs are the further commands whose steps are failed.
var execs = []struct {
	name                 string
	mode                 userns.Mode
	tty, detach, grouped bool
}{
	{name: "one id", mode: userns.Single},
	{name: "full range, terminal", tty: true},
	{name: "in the background", mode: userns.Single, detach: true},
	{name: "cgroup, terminal", mode: userns.Single, tty: true, grouped: true},
}

// faultyExec runs /bin/true in the container with a changed program.
func faultyExec(t *testing.T, r *Running, p specs.Process, detach bool, inject func(*launch)) (o outcome) {
	t.Helper()
	p.Args = []string{"/bin/true"}
	opt := Options{Notice: func(line string) { o.said = append(o.said, line) }}
	if detach {
		opt.Detach = new(Detach)
	}
	l, err := r.entering(&p, "0:0", false, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(l.target.pidfd)
	defer l.close()
	if detach {
		if err := l.out.nowhere(); err != nil {
			t.Fatal(err)
		}
	}
	o.status, o.err = l.start(l.prepareExec, func() error {
		err := l.compileExec()
		if err == nil {
			o.program = l.program
			inject(l)
		}
		return err
	})
	o.err = failure(l, o.err)
	return o
}

// grouped is a container in a cgroup, which for want of a real one is a directory with the file that is written to move a process.
func grouped(t *testing.T, r *Running) *Running {
	t.Helper()
	dir := t.TempDir()
	g := *r
	host, err := cgroup2.Probe()
	own, oerr := cgroup2.CgroupOf(r.Pid)
	werr := os.WriteFile(dir+"/cgroup.procs", nil, 0o600)
	if err := errors.Join(err, oerr, werr); err != nil {
		t.Fatal(err)
	}
	if g.group, err = cgroup2.Open(dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.group.Close)
	g.Cgroup = path.Join(host.Mount, own)
	return &g
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

// asBefore fails the test unless it is so again in a moment: what copies a terminal's output closes it a moment later,
// and a process that has left the command in the container is waited for in the background.
func asBefore(t *testing.T, before, what string) {
	t.Helper()
	now := leftByExec(t)
	for until := time.Now().Add(10 * time.Second); now != before && time.Now().Before(until); now = leftByExec(t) {
		time.Sleep(5 * time.Millisecond)
	}
	if now != before {
		t.Fatalf("after %s there was\n%s\nand is\n%s", what, before, now)
	}
}

// enterable is a container and a way to run a command in it, which has gone well.
func enterable(t *testing.T, n int) (r *Running, try func(func(*launch)) outcome, clean outcome, before string) {
	t.Helper()
	f := execs[n]
	if f.mode == userns.Auto && !testenv.HasRange() {
		testenv.Skip(t, "no subordinate ids, or no newuidmap")
	}
	r, process := dwelling(t, f.mode)
	if f.grouped {
		r = grouped(t, r)
	}
	process.Terminal = f.tty
	try = func(inject func(*launch)) outcome { return faultyExec(t, r, *process, f.detach, inject) }
	try(func(*launch) {})
	clean = try(func(*launch) {})
	if clean.err != nil || clean.status != 0 || len(clean.program.Steps()) < 30 {
		t.Fatalf("status %d, %v, %d steps", clean.status, clean.err, len(clean.program.Steps()))
	}
	for now := leftByExec(t); now != before; now = leftByExec(t) { // see asBefore
		before = now
		time.Sleep(100 * time.Millisecond)
	}
	return r, try, clean, before
}
