package container

import (
	"flag"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/landlock"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/internal/nofile"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/mount"
	"github.com/urun-project/urun/userns"
)

var update = flag.Bool("update", false, "write testdata/*.txt anew")

// sample is a container that is compiled for a host that does not exist.
type sample struct {
	flags  ocispec.Flags
	rootfs string // /srv/rootfs if empty
	layers int    // of an image in its place
	tty    bool
	masks  bool // what is hidden and read-only by default is so
	host   func(*userns.Host)
	user   identity
	change func(*specs.Spec, *Options) // what no flag can say
	after  func(*launch)               // what is looked up after the decision
	net    network.HostFacts           // for a wish of change's
}

// samples are the containers of testdata.
var samples = map[string]sample{
	"plain-one-id":     {flags: userNS("single"), masks: true},
	"plain-full-range": {flags: userNS("auto"), masks: true},
	"keep-id":          {flags: userNS("keep-id"), user: identity{User: specs.User{UID: 1000, GID: 1000}, home: "/home/me"}},
	"terminal":         {flags: userNS("auto"), tty: true},
	"terminal-one-id":  {flags: userNS("single"), tty: true},
	"read-only":        {flags: ocispec.Flags{FileFlags: ocispec.FileFlags{ReadOnly: true}}},
	"ephemeral":        {flags: ocispec.Flags{FileFlags: ocispec.FileFlags{Ephemeral: true}}},
	"overlay": {flags: ocispec.Flags{FileFlags: ocispec.FileFlags{Overlay: "/home/me/changes"}},
		after: func(l *launch) { s := found("/home/me/changes"); l.root.Store = &s }},
	"skeleton": {after: func(l *launch) {
		l.root.Skeleton = []mount.Entry{{Path: "proc", Dir: true, Mode: 0o755}, {Path: "dev", Dir: true, Mode: 0o755}}
	}},
	"volumes": {flags: ocispec.Flags{FileFlags: ocispec.FileFlags{
		Volume: []string{"/srv/data:/data", "/srv/a.file:/etc/a", "/srv/deep:/mnt/a/b:ro,noexec", "/srv/flat:/flat:bind"}, Tmpfs: []string{"/scratch:size=1m"}}}},
	"image":           {layers: 3},
	"image-read-only": {layers: 2, flags: ocispec.Flags{FileFlags: ocispec.FileFlags{ReadOnly: true, Tmpfs: []string{"/tmp"}}}},
	"image-keep-id": {layers: 2, flags: userNS("keep-id"), user: identity{User: specs.User{UID: 1000, GID: 1000}, home: "/home/me"},
		after: func(l *launch) { l.root.Owner = new(mount.Owner) }},
	"image-overlay": {layers: 2, flags: ocispec.Flags{FileFlags: ocispec.FileFlags{Overlay: "/home/me/changes"}},
		after: func(l *launch) { s := found("/home/me/changes"); l.root.Store = &s }},
	"host-root-read-only": {rootfs: "/", flags: ocispec.Flags{FileFlags: ocispec.FileFlags{ReadOnly: true, Volume: []string{"/home/me/work"}}},
		user: identity{User: specs.User{UID: 1000, GID: 1000}, home: "/home/me"}},
	"host-root-ephemeral": {rootfs: "/", flags: ocispec.Flags{FileFlags: ocispec.FileFlags{Ephemeral: true}},
		user: identity{User: specs.User{UID: 1000, GID: 1000}, home: "/home/me"}, after: hostRootLayers},
	"host-root-denied": {rootfs: "/", flags: ocispec.Flags{FileFlags: ocispec.FileFlags{ReadOnly: true, Volume: []string{"/home/me/work:/mnt"},
		Deny: []string{".ssh", "work/deep/key.file"}}}, user: identity{User: specs.User{UID: 1000, GID: 1000}, home: "/home/me"}},
	"denied":            {flags: ocispec.Flags{FileFlags: ocispec.FileFlags{Deny: []string{"/etc/shadow"}}}},
	"no-user-namespace": {host: asRoot, change: func(s *specs.Spec, _ *Options) { s.Linux.Namespaces = s.Linux.Namespaces[1:] }},
	"network-namespace-by-path": {change: func(s *specs.Spec, _ *Options) {
		for i := range s.Linux.Namespaces {
			if ns := &s.Linux.Namespaces[i]; ns.Type == specs.NetworkNamespace {
				ns.Path = "/run/netns/blue"
			}
		}
	}},
	"create-without-supervisor": {change: func(_ *specs.Spec, o *Options) { o.Create = true }},
	"new-privileges":            {flags: ocispec.Flags{SecurityFlags: ocispec.SecurityFlags{SecurityOpt: []string{"no-new-privileges=false"}}}},
	"user-with-capability": {user: identity{User: specs.User{UID: 1000, GID: 100, AdditionalGids: []uint32{4, 24}}},
		flags: ocispec.Flags{IdentityFlags: ocispec.IdentityFlags{User: "1000:100"}, SecurityFlags: ocispec.SecurityFlags{CapAdd: []string{"NET_BIND_SERVICE"}}}},
	"profile-with-flags": {change: func(s *specs.Spec, o *Options) {
		o.Extra.Seccomp = "/home/me/profile.json"
		s.Linux.Seccomp = &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Flags: []specs.LinuxSeccompFlag{specs.LinuxSeccompFlagLog},
			Syscalls: []specs.LinuxSyscall{{Names: []string{"mkdir"}, Action: specs.ActErrno}}}
	}},
	"nested":      {flags: ocispec.Flags{SecurityFlags: ocispec.SecurityFlags{Nested: true}}, masks: true},
	"unconfined":  {flags: ocispec.Flags{SecurityFlags: ocispec.SecurityFlags{Seccomp: "unconfined", CapAdd: []string{"SYS_ADMIN"}}}, masks: true},
	"pid-host":    {flags: ocispec.Flags{ProcessFlags: ocispec.ProcessFlags{PID: "host"}}},
	"ipc-host":    {flags: ocispec.Flags{ProcessFlags: ocispec.ProcessFlags{IPC: "host"}}},
	"net-host":    {flags: ocispec.Flags{NetFlags: ocispec.NetFlags{Net: "host"}}},
	"no-init":     {change: func(_ *specs.Spec, o *Options) { o.Extra.Init = false }},
	"keep-groups": {change: func(_ *specs.Spec, o *Options) { o.Extra.KeepGroups = true }},
	"sysctl-ulimit-oom-score": {flags: ocispec.Flags{ProcessFlags: ocispec.ProcessFlags{
		Sysctl: []string{"net.ipv4.ip_unprivileged_port_start=80"}, Ulimit: []string{"core=0", "nofile=64:128"}}},
		change: func(s *specs.Spec, _ *Options) { n := 500; s.Process.OOMScoreAdj = &n }},
	"masked-and-read-only-paths": {change: func(s *specs.Spec, _ *Options) {
		s.Linux.MaskedPaths, s.Linux.ReadonlyPaths = []string{"/proc/kcore", "/proc/acpi"}, []string{"/proc/sys"}
	}},
	"limits": {flags: ocispec.Flags{LimitFlags: ocispec.LimitFlags{Memory: "100m", CPUs: "0.5", PidsLimit: "20"}}},
	"cgroup-of-systemd-writable": {flags: ocispec.Flags{
		ProcessFlags: ocispec.ProcessFlags{Name: "web"}, CgroupFlags: ocispec.CgroupFlags{Slice: "work.slice", CgroupWritable: true}}},
	"cgroup-by-hand-below-a-volume": {flags: ocispec.Flags{
		FileFlags:   ocispec.FileFlags{Volume: []string{"/srv/data:/sys/fs/cgroup/data"}},
		CgroupFlags: ocispec.CgroupFlags{CgroupParent: "/delegated"}}},
	"network-slirp4netns":     {net: aNetwork(), change: networked(network.Slirp4netns), tty: true},
	"network-gvisor":          {net: aNetwork(), change: networked(network.Gvisor)},
	"network-pasta-host-root": {net: aNetwork(), change: networked(network.Pasta), rootfs: "/"},
	"network-of-rootlesskit": {net: aNetwork(), change: func(s *specs.Spec, o *Options) {
		o.Network.Mode, o.Network.Rootlesskit = network.Slirp4netns, true
	}, flags: ocispec.Flags{FileFlags: ocispec.FileFlags{ReadOnly: true, Volume: []string{"/srv/hosts:/etc/hosts"}}}},
	"network-gvisor-terminal-limits": {net: aNetwork(), change: networked(network.Gvisor), tty: true, flags: ocispec.Flags{LimitFlags: ocispec.LimitFlags{Memory: "100m"}}},
	"network-of-rootlesskit-limits": {net: aNetwork(), change: func(_ *specs.Spec, o *Options) {
		o.Network.Mode, o.Network.Rootlesskit = network.Pasta, true
	}, flags: ocispec.Flags{LimitFlags: ocispec.LimitFlags{Memory: "100m"}}},
	"in-the-background":                 {change: inBackground},
	"in-the-background-with-a-terminal": {change: inBackground, tty: true},
	"terminals-of-the-caller":           {change: func(_ *specs.Spec, o *Options) { o.TTYs = Terminals{0, 2, 2} }},
	"network-auto-without-a-driver":     {net: network.HostFacts{}, change: networked(network.Auto)},
	"map-without-the-caller":            {flags: ocispec.Flags{IdentityFlags: ocispec.IdentityFlags{MapFlags: ocispec.MapFlags{UIDMap: []string{"0:100000:65536"}}}}},
}

func inBackground(_ *specs.Spec, o *Options) { o.Detach = &Detach{Logs: []string{"/var/log"}} }

func userNS(mode string) ocispec.Flags {
	return ocispec.Flags{IdentityFlags: ocispec.IdentityFlags{MapFlags: ocispec.MapFlags{Userns: mode}}}
}

// A plan is shown to people, and a change of it is to be seen in review.
func TestTheProgramIsTheOneThatWasReviewed(t *testing.T) {
	for name := range samples {
		t.Run(name, func(t *testing.T) {
			reviewed(t, name, (&Plan{compiled(t, name)}).steps())
		})
	}
}

// policies are the containers of which what the command may do is in testdata as well.
var policies = []string{"plain-one-id", "user-with-capability", "nested", "unconfined"}

func TestThePolicyIsTheOneThatWasReviewed(t *testing.T) {
	for _, name := range policies {
		t.Run(name, func(t *testing.T) { reviewed(t, "policy-of-"+name, (&Plan{compiled(t, name)}).policy().text()) })
	}
}

// reviewed compares with the file of that name.
func reviewed(t *testing.T, name, got string) {
	t.Helper()
	reviewedFile(t, filepath.Join("testdata", name+".txt"), got)
}

func TestNoListingIsLeftOver(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := strings.TrimPrefix(strings.TrimSuffix(filepath.Base(f), ".txt"), "policy-of-")
		_, starts := samples[name]
		if _, execs := execSamples[name]; !starts && !execs {
			t.Errorf("%s belongs to no sample", f)
		}
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			return "line " + utoa(uint32(i+1)) + "\nis   " + g[i] + "\nwas  " + strings.Join(w[min(i, len(w)):min(i+1, len(w))], "")
		}
	}
	return "lines are gone from the end"
}

// compiled is a sample's launch, decided and compiled without a look at this machine.
func compiled(t *testing.T, name string) *launch {
	t.Helper()
	return samples[name].compiled(t)
}

func (s sample) compiled(t *testing.T) *launch {
	t.Helper()
	l, err := s.decided(t)
	if err != nil {
		t.Fatal(err)
	}
	if s.after != nil {
		s.after(l)
	}
	if err := l.openWrites(); err != nil {
		t.Fatal(err)
	}
	if err := l.compile(); err != nil {
		t.Fatal(err)
	}
	return l
}

// decided is it when what is done is decided.
func (s sample) decided(t *testing.T) (*launch, error) {
	t.Helper()
	rootfs := s.rootfs
	if rootfs == "" {
		rootfs = "/srv/rootfs"
	}
	in := ocispec.Invocation{
		ID: strings.Repeat("0123456789ab", 6)[:64], Rootfs: rootfs, Command: []string{"true"}, Environ: []string{"TERM=xterm"}, Cwd: "/home/me",
		TerminalIn: s.tty, TerminalOut: s.tty,
	}
	store, record := image.Store{Dir: "/home/me/.local/share/urun"}, layered(s.layers)
	if s.layers > 0 {
		rootfs = store.Record(record.Manifest)
		in.Rootfs, in.Image = rootfs, aConfig()
	}
	spec, extra, err := ocispec.FromFlags(&s.flags, in)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{ID: strings.Repeat("0123456789ab", 6)[:64], Extra: extra, Notice: func(string) {}}
	o.UserNS = wish(t, extra)
	if s.layers > 0 {
		o.Store, o.Image = store, &Image{Name: "docker.io/library/app:latest", Record: record}
	}
	if !s.masks { // once is enough to read
		spec.Linux.MaskedPaths, spec.Linux.ReadonlyPaths = nil, nil
	}
	if s.change != nil {
		s.change(spec, &o)
	}
	l := &launch{spec: spec, opt: o, dry: true, facts: facts{host: aHost(), rootfs: found(rootfs), who: s.user, nofiles: nofile.Limit{Cur: 1024, Max: 524288}, landlock: landlock.Kernel{ABI: 7}}}
	if s.host != nil {
		s.host(&l.host)
	}
	l.net.wish, l.net.host = o.Network, s.net
	for _, m := range spec.Mounts {
		if m.Type == "bind" {
			l.sources = append(l.sources, found(m.Source))
		}
	}
	for _, asked := range extra.Deny {
		l.denied = append(l.denied, foundDenied(l, asked))
	}
	if err := l.plan(); err != nil {
		t.Fatal(err)
	}
	if err := l.openOutput(); err != nil {
		t.Fatal(err)
	}
	return l, l.decide()
}

func wish(t *testing.T, x *ocispec.Extra) userns.Wish {
	t.Helper()
	w := userns.Wish{Mode: map[string]userns.Mode{"auto": userns.Auto, "single": userns.Single, "keep-id": userns.KeepID, "custom": userns.Custom}[x.Userns]}
	for _, m := range x.UIDMaps {
		line, err := userns.ParseMap(m)
		if err != nil {
			t.Fatal(err)
		}
		w.UIDMaps = append(w.UIDMaps, line)
	}
	return w
}

// aHost is a machine as a distribution installs it, seen by a normal user.
func aHost() userns.Host {
	ids := userns.Subordinate{Ranges: []userns.Range{{Start: 100000, Count: 65536}}, Source: "/etc/subuid"}
	return userns.Host{
		UID: 1000, GID: 1000, Groups: []uint32{1000, 27}, Name: "me", SubUID: ids, SubGID: ids, SysAdminBound: true,
		NewUIDMap: userns.Helper{Name: "newuidmap", Path: "/usr/bin/newuidmap", Setuid: true},
		NewGIDMap: userns.Helper{Name: "newgidmap", Path: "/usr/bin/newgidmap", Setuid: true},
	}
}

// aNetwork is what such a machine has for networks.
func aNetwork() network.HostFacts {
	return network.HostFacts{IPv6: true, Slirp: "/usr/bin/slirp4netns", Pasta: "/usr/bin/pasta", PastaAge: "20250503", Stack: "/usr/local/bin/urun-netstack", Nsenter: true,
		Resolver: network.Resolver{Servers: []string{"127.0.0.53", "2001:db8::53"}, Search: []string{"example.org"}, Options: []string{"edns0"}}}
}

func networked(m network.Mode) func(*specs.Spec, *Options) {
	return func(_ *specs.Spec, o *Options) {
		o.Network.Mode = m
		o.Network.Ports = nil
		if m == network.Slirp4netns {
			o.Network.Ports = []network.Port{{Proto: "tcp", HostPort: 8080, ContainerPort: 80}}
		}
	}
}

func asRoot(h *userns.Host) {
	h.UID, h.GID, h.Groups, h.Name = 0, 0, nil, "root"
	h.SetUID, h.SetGID, h.SetFCap = true, true, true
}

// found is a file or directory of that host; its name tells which.
func found(path string) mount.Source {
	src := mount.Source{Path: path, Major: 8, Minor: 1, Ino: 7, Dir: true, Mode: 0o755}
	for _, c := range path {
		src.Ino = src.Ino*31 + uint64(c)
	}
	src.Ino %= 1 << 24
	if strings.HasSuffix(path, ".file") {
		src.Dir, src.Mode = false, 0o644
	}
	return src
}

// foundDenied is what is found of a path of --deny; on that host nothing is mounted twice, and there is no link.
func foundDenied(l *launch, asked string) denial {
	d := denial{asked: asked, binds: l.sources, is: found(asked)}
	for _, m := range l.spec.Mounts {
		d.dests = append(d.dests, m.Destination)
	}
	if l.rootfs.Path == "/" {
		d.at = []string{asked}
	} else if at := inVolume(d.dests, l.spec.Mounts, l.sources, asked); at != "" {
		d.at = []string{at}
	}
	return d
}

func hostRootLayers(l *launch) {
	tree := map[string][]mount.HostEntry{
		"/": {{Name: "bin", Mode: unix.S_IFLNK | 0o777, Target: "usr/bin"}, {Name: "etc", Mode: unix.S_IFDIR | 0o755}, {Name: "home", Mode: unix.S_IFDIR | 0o755},
			{Name: "proc", Mode: unix.S_IFDIR | 0o555}, {Name: "tmp", Mode: unix.S_IFDIR | 0o777}, {Name: "usr", Mode: unix.S_IFDIR | 0o755}},
		"/usr": {{Name: "bin", Mode: unix.S_IFDIR | 0o755}, {Name: "local", Mode: unix.S_IFDIR | 0o755}},
	}
	l.root.Layers = mount.HostLayers([]string{"/", "/proc", "/usr/local", "/tmp"}, []string{"/proc", "/tmp"}, func(dir string) []mount.HostEntry { return tree[dir] })
}
