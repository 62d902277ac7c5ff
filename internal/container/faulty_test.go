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

// faulty is a container whose steps are failed, one after another.
type faulty struct {
	name   string
	mode   userns.Mode
	net    network.Mode
	tty    bool
	detach bool
	flags  ocispec.Flags
	rootfs string        // one of busybox, unless it is named
	first  func(*launch) // spoils the first program: the steps are those of the second, on a lower rung
	next   string        // the network of a start whose device cannot be made; "": there is none such
}

var (
	readOnly  = ocispec.Flags{FileFlags: ocispec.FileFlags{ReadOnly: true}}
	ephemeral = ocispec.Flags{FileFlags: ocispec.FileFlags{Ephemeral: true, Volume: []string{"/usr:/usr:ro", "/etc/passwd:/etc/host"}}}
	limited   = ocispec.Flags{LimitFlags: ocispec.LimitFlags{PidsLimit: "64"}}
)

// faults are the containers of TestEveryStepMayFail: a program for everything that has steps of its own.
var faults = []faulty{
	{name: "one id", mode: userns.Single, net: network.None},
	{name: "one id, terminal", mode: userns.Single, net: network.None, tty: true},
	{name: "full range", net: network.None},
	{name: "full range, terminal", net: network.None, tty: true},
	{name: "keep-id", mode: userns.KeepID, net: network.None},
	{name: "read-only", net: network.None, flags: readOnly},
	{name: "ephemeral, volumes", mode: userns.Single, net: network.None, flags: ephemeral},
	{name: "denied, below a volume too", mode: userns.Single, net: network.None, flags: ocispec.Flags{FileFlags: ocispec.FileFlags{
		Volume: []string{"/usr:/usr"}, Deny: []string{"/usr/share/doc", "/etc/passwd"}}}},
	{name: "overlay", net: network.None, flags: ocispec.Flags{FileFlags: ocispec.FileFlags{Overlay: "changes"}}},
	{name: "the host's root, read-only", net: network.None, rootfs: "/", flags: readOnly},
	{name: "the host's root, ephemeral", net: network.None, rootfs: "/", flags: ocispec.Flags{FileFlags: ocispec.FileFlags{Ephemeral: true}}},
	{name: "new privileges, sysctl, ulimits", mode: userns.Single, net: network.None, flags: ocispec.Flags{
		SecurityFlags: ocispec.SecurityFlags{SecurityOpt: []string{"no-new-privileges=false"}},
		ProcessFlags:  ocispec.ProcessFlags{Sysctl: []string{"net.ipv4.ip_unprivileged_port_start=80"}, Ulimit: []string{"core=0", "nofile=64:128"}}}},
	{name: "limits", net: network.None, flags: limited},
	{name: "limits, terminal, gvisor", net: network.Gvisor, tty: true, flags: limited},
	{name: "in the background", net: network.None, detach: true},
	{name: "in the background, terminal", mode: userns.Single, net: network.None, detach: true, tty: true},
	{name: "slirp4netns", mode: userns.Single, net: network.Slirp4netns},
	{name: "gvisor, terminal", mode: userns.Single, net: network.Gvisor, tty: true},
	{name: "auto", mode: userns.Single, net: network.Auto, flags: readOnly, next: "slirp4netns"},
	// What is tried second has another program, which may fail as well.
	{name: "one id in place of a range", net: network.None, first: func(l *launch) { l.ids.NewUIDMap.Path = "/bin/false" }},
	{name: "the second driver", mode: userns.Single, net: network.Auto, first: refuseDevice, next: "none"},
	{name: "mount points in a layer", mode: userns.Single, net: network.None, first: refuseMountPoints,
		flags: ocispec.Flags{FileFlags: ocispec.FileFlags{Volume: []string{"/usr:/none/such"}}}},
}

// limitedEphemeral is both.
func limitedEphemeral() ocispec.Flags {
	both := ephemeral
	both.LimitFlags = limited.LimitFlags
	return both
}

// refuseMountPoints has the program fail that makes mount points in the rootfs.
func refuseMountPoints(l *launch) {
	for i := 0; l.program != nil && i < len(l.program.Steps()); i++ {
		if l.tree.Makes(forkexec.Ref(i)) {
			l.program.Fail(i, unix.EPERM)
		}
	}
}

// refuseDevice has the program fail that makes a network device.
func refuseDevice(l *launch) {
	for i := 0; l.program != nil && i < len(l.program.Steps()); i++ {
		if strings.Contains(l.program.Line(i), "TUNSETIFF,") {
			l.program.Fail(i, unix.EBUSY)
		}
	}
}

// rig is a place for one of them, on the machine of the test.
type rig struct {
	faulty
	dir          string // with all that a start may leave
	places       network.Places
	command      []string
	uncontrolled bool // no cgroup can be made

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
	spec, extra, err := ocispec.FromFlags(&flags, ocispec.Invocation{
		ID: id, Rootfs: rootfs, Command: r.command, Cwd: "/", TerminalIn: r.tty, TerminalOut: r.tty,
	})
	o := Options{ID: id, Extra: extra, UserNS: userns.Wish{Mode: r.mode}, Network: network.Wish{Mode: r.net}, Places: r.places, States: []string{r.dir + "/states"}, Timing: true, Notice: notice}
	if r.detach {
		o.Detach = new(Detach)
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
			o.program, o.makes = l.program, func(step int) bool { return tree.Makes(forkexec.Ref(step)) }
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
	p.made <- err
	return nil
}

// id is the container's whose steps are failed.
func id(digit string) string { return strings.Repeat(digit, 64) }
