package container

import (
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/test/testenv"
	"github.com/urun-project/urun/userns"
)

// rig is a place for one of them, on the machine of the test.
type rig struct {
	faulty
	dir          string // with all that a start may leave
	places       network.Places
	command      []string
	uncontrolled bool   // no cgroup can be made
	strict       bool   // what is lost is an error
	unit         string // systemd's name for the cgroup
	unpacked     int    // how often layers were unpacked
	copied       int    // and all of them into one tree

	planned, prepared, compiled func(*launch) // each called when that is done; or nil
}

// rigged makes it, or skips the test where the machine has not what it takes.
func rigged(t *testing.T, f faulty) *rig {
	t.Helper()
	testenv.Unprivileged(t)
	testenv.Need(t, "busybox")
	if f.mode != userns.Single && !testenv.HasRange() {
		testenv.Skip(t, "no subordinate ids, or no newuidmap")
	}
	dir, err := os.MkdirTemp("", "faults") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, d := range []string{dir + "/changes/work/work", dir + "/changes/work"} {
			_ = os.Chmod(d, 0o700) // the kernel's, without permissions
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	r := &rig{faulty: f, dir: dir, places: fakeDrivers(t), command: []string{"/bin/true"}}
	for _, d := range []string{"/states", "/cgroup", "/cgroup/container"} {
		if err := os.Mkdir(dir+d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for file, content := range map[string]string{"pids.max": "64\n", "container/cgroup.procs": ""} {
		if err := os.WriteFile(dir+"/cgroup/"+file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := testenv.Busybox(dir+"/rootfs", ""); err != nil {
		t.Fatal(err)
	}
	if f.layers > 0 {
		r.fakeStore(t)
	}
	if f.net != network.None && network.Probe(network.Wish{Mode: f.net}, r.places).Tun != nil {
		testenv.Skip(t, "/dev/net/tun cannot be opened")
	}
	return r
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

// outcome is what became of a start.
type outcome struct {
	*launch
	program  *forkexec.Program // the one that may be changed
	makes    func(step int) bool
	connects func(step int) bool // it is one of the network's
	done     []bool              // its steps, when none was to fail
	said     []string
	network  string // what became of that
	status   int
	err      error
}

// launch is the container.
func (r *rig) launch(id string, notice func(string)) (*launch, error) {
	flags, rootfs := r.flags, r.rootfs
	if flags.Overlay != "" {
		flags.Overlay = filepath.Join(r.dir, flags.Overlay)
	}
	if rootfs == "" {
		rootfs = r.dir + "/rootfs"
	}
	in := ocispec.Invocation{ID: id, Rootfs: rootfs, Command: r.command, Cwd: "/", TerminalIn: r.tty, TerminalOut: r.tty}
	if r.layers > 0 {
		in.Image, in.Rootfs = aConfig(), r.store().Record(layered(r.layers).Manifest)
	}
	spec, extra, err := ocispec.FromFlags(&flags, in)
	o := Options{ID: id, Extra: extra, UserNS: userns.Wish{Mode: r.mode}, Network: network.Wish{Mode: r.net}, Places: r.places, States: []string{r.dir + "/states"}, Timing: true, Strict: r.strict, Notice: notice}
	if r.detach {
		o.Detach = new(Detach)
	}
	if r.layers > 0 {
		o.Store = r.store()
		o.Image = r.image(&o)
	}
	return &launch{spec: spec, opt: o}, err
}

// start does what Run does, with a program that inject has changed.
func (r *rig) start(id string, inject func(*outcome)) (o outcome) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64)) // slim is for a process that only waits
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	l, err := r.launch(id, func(line string) { o.said = append(o.said, line) })
	if o.launch, o.err = l, err; err != nil {
		return o
	}
	defer l.close()
	for _, do := range []func() error{l.plan, l.reservePorts, l.openFiles, l.openOutput} {
		if o.err = do(); o.err != nil {
			return o
		}
	}
	if r.planned != nil {
		r.planned(l)
	}
	compiled := 0
	o.status, o.err = l.start(func() error {
		err := l.prepare()
		if r.first != nil && err == nil {
			r.first(l)
		}
		if r.prepared != nil && err == nil {
			r.prepared(l)
		}
		return err
	}, func() error {
		err := l.compile()
		if err == nil {
			err = r.group(l)
		}
		compiled++
		switch second := r.first != nil; {
		case err != nil:
		case second && compiled == 1:
			r.first(l)
		case second == (compiled == 2) && o.program == nil: // a program after that has other steps
			tree, at := l.tree, l.at
			o.program, o.makes = l.program, func(step int) bool { return r.layers == 0 && tree.Makes(forkexec.Ref(step)) }
			o.connects = func(step int) bool { return at.netns != 0 && at.tap <= step && step <= at.netns }
			inject(&o)
		}
		return err
	})
	o.err, o.network = failure(l, o.err), l.describeNetwork().Mode
	for _, at := range l.times.steps {
		o.done = append(o.done, at != 0)
	}
	if r.detach && o.program != nil { // which forgets its times: what depends on another step is not counted on
		o.done = slices.Repeat([]bool{true}, len(o.program.Steps()))
		for h, s := range o.program.Steps() {
			if s.Miss > 0 {
				o.done[h+1] = false
			}
		}
	}
	return o
}

// group gives the process a cgroup where this machine lets a user have none, as one without a systemd does: a directory
// with the files that are read and written in a cgroup. The kernel's part of it, the namespace and the mount, is not from there.
func (r *rig) group(l *launch) error {
	p := &l.place
	if p.made == nil {
		return nil
	}
	err := <-p.made
	p.made = make(chan error, 1)
	if r.uncontrolled {
		p.made <- &os.PathError{Op: "write", Path: p.request.Name + "/cgroup.procs", Err: unix.EIO}
		return nil
	}
	if err != nil {
		p.group, err = cgroup2.Open(r.dir + "/cgroup")
	}
	if err == nil {
		p.group.Unit = r.unit
	}
	p.made <- err
	return nil
}

// id is the container's whose steps are failed.
func id(digit string) string { return strings.Repeat(digit, 64) }
