package container

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/ladder"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/internal/state"
	"github.com/urun-project/urun/mount"
)

// connecting is a launch whose network was decided on a machine that has everything.
func connecting(t *testing.T, net string, change func(*launch)) *launch {
	t.Helper()
	l := undecided(t, net, change)
	if err := choose(l); err != nil {
		t.Fatal(err)
	}
	return l
}

// choose is climb for ids that are decided.
func choose(l *launch) error {
	l.up.wish = l.asks()
	l.up.wish.Given = &l.ids
	return l.learn(func(h *ladder.Host) { h.IDs, h.Network = l.host, l.net.host })
}

func undecided(t *testing.T, net string, change func(*launch)) *launch {
	t.Helper()
	var spec specs.Spec
	spec.Hostname, spec.Process = "box", &specs.Process{}
	spec.Linux = &specs.Linux{Namespaces: []specs.LinuxNamespace{{Type: specs.UserNamespace}, {Type: specs.UTSNamespace}, {Type: specs.NetworkNamespace}, {Type: specs.PIDNamespace}}}
	l := &launch{spec: &spec, dry: true, opt: Options{Extra: &ocispec.Extra{}, Notice: func(string) {}}}
	l.ids.UIDs = []specs.LinuxIDMapping{{HostID: 1000, Size: 1}}
	l.host.UID = 1000
	if err := l.net.wish.ParseMode(net); err != nil {
		t.Fatal(err)
	}
	l.net.host = aNetwork()
	l.net.host.Address = netip.MustParseAddr("192.0.2.7")
	if change != nil {
		change(l)
	}
	return l
}

// with are changes, one after another.
func with(list ...func(*launch)) func(*launch) {
	return func(l *launch) {
		for _, change := range list {
			change(l)
		}
	}
}

func joined(n state.Network) func(*launch) {
	return func(l *launch) {
		l.opt.Joined = &state.Record{ID: "abc", Name: "web", Network: n}
		for i := range l.spec.Linux.Namespaces {
			if ns := &l.spec.Linux.Namespaces[i]; ns.Type == specs.NetworkNamespace || ns.Type == specs.UserNamespace {
				ns.Path = "/proc/4711/ns/x"
			}
		}
	}
}

func without(kind specs.LinuxNamespaceType) func(*launch) {
	return func(l *launch) {
		list := l.spec.Linux.Namespaces[:0]
		for _, ns := range l.spec.Linux.Namespaces {
			if ns.Type != kind {
				list = append(list, ns)
			}
		}
		l.spec.Linux.Namespaces = list
	}
}

func volume(dest string) func(*launch) {
	return func(l *launch) {
		l.spec.Mounts = append(l.spec.Mounts, specs.Mount{Destination: dest, Type: "bind"})
		l.volumes = append(l.volumes, mount.Volume{Dest: dest})
	}
}

func hostRoot(l *launch)  { l.root.Host = true }
func noDrivers(l *launch) { l.net.host = network.HostFacts{Resolver: l.net.host.Resolver} }

func asked(change func(*network.Names)) func(*launch) {
	return func(l *launch) { change(&l.net.wish.Names) }
}

// Which files the container gets; one with ? is left out where its place is missing.
func TestFilesAboutNames(t *testing.T) {
	dns := asked(func(n *network.Names) { n.Servers = []netip.Addr{netip.MustParseAddr("192.0.2.9")} })
	noDNS := asked(func(n *network.Names) { n.NoDNS = true })
	noHosts := asked(func(n *network.Names) { n.NoHosts = true })
	entry := asked(func(n *network.Names) {
		n.Hosts = []network.HostEntry{{IP: netip.MustParseAddr("192.0.2.7"), Names: []string{"db"}}}
	})
	web := joined(state.Network{Mode: "slirp4netns", IP: "10.0.2.100", Servers: []string{"10.0.2.3"}})
	for _, tt := range []struct {
		name, net string
		change    func(*launch)
		want      string
	}{
		{"none", "none", nil, ""},
		{"none, a name server", "none", dns, "resolv.conf"},
		{"none, a line", "none", entry, "hosts"},
		{"auto without a driver", "auto", noDrivers, ""},
		{"auto", "auto", nil, "resolv.conf hosts hostname"},
		{"a driver", "pasta", nil, "resolv.conf hosts hostname"},
		{"a driver, no host name", "pasta", func(l *launch) { l.spec.Hostname = "" }, "resolv.conf hosts"},
		{"a driver, the host's name", "pasta", without(specs.UTSNamespace), "resolv.conf hosts"},
		{"a driver, --dns none", "gvisor", noDNS, "hosts hostname"},
		{"a driver, --no-hosts", "gvisor", noHosts, "resolv.conf hostname"},
		{"the host's network", "host", without(specs.NetworkNamespace), "resolv.conf hosts hostname"},
		{"the host's network and name", "host", with(without(specs.NetworkNamespace), without(specs.UTSNamespace)), "resolv.conf hosts"},
		{"another container's", "container:web", web, "resolv.conf hosts hostname"},
		{"the host's root, none", "none", hostRoot, ""},
		{"the host's root, a driver", "auto", hostRoot, "resolv.conf?"},
		{"the host's root, a line", "auto", with(hostRoot, entry), "resolv.conf? hosts?"},
		{"the host's root and network", "host", with(hostRoot, without(specs.NetworkNamespace)), "resolv.conf?"},
		{"a volume over one", "auto", volume("/etc/hosts"), "resolv.conf hostname"},
		{"volumes over all", "auto", with(volume("/etc/hosts"), volume("/etc/hostname"), volume("/etc/resolv.conf")), ""},
		{"a volume over /etc", "auto", volume("/etc"), "resolv.conf? hosts? hostname?"},
		{"a volume of a like name", "auto", with(volume("/etc/host"), volume("/et")), "resolv.conf hosts hostname"},
		{"a volume below", "auto", volume("/etc/ssl"), "resolv.conf hosts hostname"},
	} {
		l := connecting(t, tt.net, tt.change)
		var got []string
		for _, f := range l.names() {
			name := strings.TrimPrefix(f.Dest, "/etc/")
			if f.Optional {
				name += "?"
			}
			if len(f.Content) == 0 {
				t.Errorf("%s: %s is empty", tt.name, f.Dest)
			}
			got = append(got, name)
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, s, tt.want)
		}
		// What must be there has to have a place.
		var places []string
		for _, p := range l.points() {
			if p.link {
				places = append(places, strings.TrimPrefix(p.dest, "/etc/"))
			}
			if p.link && p.dir {
				t.Errorf("%s: %s is to be a directory", tt.name, p.dest)
			}
		}
		if want := strings.Join(required(got), " "); strings.Join(places, " ") != want {
			t.Errorf("%s: places for %v, want %s", tt.name, places, want)
		}
	}
}

func required(names []string) (list []string) {
	for _, n := range names {
		if !strings.HasSuffix(n, "?") {
			list = append(list, n)
		}
	}
	return list
}

func TestWhatIsInFilesAboutNames(t *testing.T) {
	const local = "127.0.0.1\tlocalhost localhost.localdomain\n::1\tlocalhost ip6-localhost ip6-loopback\n"
	const host = "\thost.containers.internal host.docker.internal\n"
	web := func(n state.Network) func(*launch) { return joined(n) }
	named := func(l *launch) { l.opt.Extra.Name = "web" }
	for _, tt := range []struct {
		name, net string
		change    func(*launch)
		hosts     string
		servers   string
	}{
		{"a driver", "slirp4netns", nil, local + "10.0.2.100\tbox\n192.0.2.7" + host, "[10.0.2.3 fd00::3]"},
		{"a driver and the host's loopback", "slirp4netns:host-loopback", nil, local + "10.0.2.100\tbox\n10.0.2.2" + host, "[10.0.2.3 fd00::3]"},
		{"a driver of IPv4", "gvisor", nil, local + "10.0.2.100\tbox\n192.0.2.7" + host, "[10.0.2.2]"},
		{"a host without addresses", "pasta", func(l *launch) { l.net.host.Address = netip.Addr{} }, local + "10.0.2.100\tbox\n", "[10.0.2.3 fd00::3]"},
		{"a name of the container's", "pasta", named, local + "10.0.2.100\tbox web\n192.0.2.7" + host, "[10.0.2.3 fd00::3]"},
		{"the same name", "pasta", with(named, func(l *launch) { l.spec.Hostname = "web" }), local + "10.0.2.100\tweb\n192.0.2.7" + host, "[10.0.2.3 fd00::3]"},
		{"the host's network", "host", without(specs.NetworkNamespace), local + "127.0.0.1\tbox\n127.0.0.1" + host, "[127.0.0.53 2001:db8::53]"},
		{"another container's", "container:web", web(state.Network{Mode: "gvisor", IP: "10.9.0.100", Servers: []string{"10.9.0.2"}}), local + "10.9.0.100\tbox\n", "[10.9.0.2]"},
		{"one that has none", "container:web", web(state.Network{Mode: "none"}), local + "127.0.0.1\tbox\n", "[]"},
	} {
		l := connecting(t, tt.net, tt.change)
		if got := l.hosts(); got != tt.hosts {
			t.Errorf("%s: got\n%swant\n%s", tt.name, got, tt.hosts)
		}
		r := l.resolver()
		if got := fmt.Sprint(r.Servers); got != tt.servers {
			t.Errorf("%s: servers %s, want %s", tt.name, got, tt.servers)
		}
		if fmt.Sprint(r.Search, r.Options) != "[example.org] [edns0]" {
			t.Errorf("%s: %v, %v", tt.name, r.Search, r.Options)
		}
	}
	// The host's own lines follow on its own root.
	own, err := os.ReadFile("/etc/hosts")
	if err != nil {
		t.Fatal(err)
	}
	if got := connecting(t, "pasta", hostRoot).hosts(); got != local+"10.0.2.100\tbox\n192.0.2.7"+host+string(own) {
		t.Errorf("the host's root: %s", got)
	}
}

func TestNetworksAreDescribed(t *testing.T) {
	ports := func(l *launch) {
		l.net.wish.Ports = []network.Port{{Proto: "tcp", HostPort: 8080, ContainerPort: 80}, {Proto: "udp", HostIP: netip.IPv6Loopback(), HostPort: 53, ContainerPort: 53}}
	}
	ended := func(l *launch) { how := "pasta ended with status 1"; l.net.ended.Store(&how) }
	web := state.Network{Mode: "pasta", Device: "tap0", MTU: 1500, IP: "10.0.2.100", Gateway: "10.0.2.2", Servers: []string{"10.0.2.3"}}
	for _, tt := range []struct {
		name, net string
		change    func(*launch)
		want      string
	}{
		{"none", "none", nil, "{none   0    [] [] }"},
		{"auto without a driver", "auto", noDrivers, "{none   0    [] [] }"},
		{"host", "host", without(specs.NetworkNamespace), "{host   0    [127.0.0.53 2001:db8::53] [] }"},
		{"auto", "auto", nil, "{gvisor  tap0 65520 10.0.2.100 10.0.2.2 fd00::100 [10.0.2.2] [] }"},
		{"gvisor", "gvisor:mtu=1500", nil, "{gvisor  tap0 1500 10.0.2.100 10.0.2.2 fd00::100 [10.0.2.2] [] }"},
		{"ports", "pasta:ipv6=false", ports, "{pasta  tap0 65520 10.0.2.100 10.0.2.2  [10.0.2.3] [{tcp 0.0.0.0 8080 80} {udp ::1 53 53}] }"},
		{"a helper that has ended", "pasta:ipv6=false", ended, "{pasta  tap0 65520 10.0.2.100 10.0.2.2  [10.0.2.3] [] pasta ended with status 1}"},
		{"another container's", "container:web", joined(web), "{container abc tap0 1500 10.0.2.100 10.0.2.2  [10.0.2.3] [] }"},
	} {
		if got := fmt.Sprint(connecting(t, tt.net, tt.change).describeNetwork()); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestTheGroupsThatMaySendPings(t *testing.T) {
	m := func(container, host, size uint32) specs.LinuxIDMapping {
		return specs.LinuxIDMapping{ContainerID: container, HostID: host, Size: size}
	}
	for name, tt := range map[string]struct {
		maps []specs.LinuxIDMapping
		want string
	}{
		"none":              {nil, ""},
		"one id":            {[]specs.LinuxIDMapping{m(0, 1000, 1)}, "0 0"},
		"full range":        {[]specs.LinuxIDMapping{m(0, 1000, 1), m(1, 100000, 65536)}, "0 65536"},
		"keep-id, one id":   {[]specs.LinuxIDMapping{m(1000, 1000, 1)}, "1000 1000"},
		"keep-id":           {[]specs.LinuxIDMapping{m(0, 100000, 1000), m(1000, 1000, 1), m(1001, 101000, 64536)}, "1000 65536"},
		"in another order":  {[]specs.LinuxIDMapping{m(1, 100000, 65536), m(0, 1000, 1)}, "0 65536"},
		"every id":          {[]specs.LinuxIDMapping{m(0, 0, 4294967295)}, ""},
		"the last there is": {[]specs.LinuxIDMapping{m(0, 1000, 1<<31-1)}, "0 2147483646"},
		"one too many":      {[]specs.LinuxIDMapping{m(0, 1000, 1<<31)}, ""},
		"turned around":     {[]specs.LinuxIDMapping{m(0, 100000, 1000), m(1000, 1000, 10)}, ""},
	} {
		if got := groupRange(tt.maps); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestNetworksThatFail(t *testing.T) {
	port := network.Port{Proto: "tcp", HostPort: 80, ContainerPort: 8080}
	step := &forkexec.StepError{Index: 16, Step: forkexec.Step{Why: "a device"}, Call: "openat(…)", Errno: unix.EIO}
	for _, tt := range []struct {
		net  string
		err  error
		want string
	}{
		{"auto", &network.PortError{Port: port, Err: unix.EACCES}, "publish 0.0.0.0:80->8080/tcp: permission denied: ports below the sysctl net.ipv4.ip_unprivileged_port_start are not for users: choose another (8080, say), or an administrator lowers it (sysctl net.ipv4.ip_unprivileged_port_start=80)"},
		{"auto", &network.PortError{Port: port, Err: os.NewSyscallError("bind", unix.EADDRINUSE)}, "publish 0.0.0.0:80->8080/tcp: address already in use: something listens there already; choose another port of the host, or 0 for one that is free"},
		{"auto", fmt.Errorf("wrapped: %w", &network.PortError{Port: port, Err: unix.EADDRNOTAVAIL}), "publish 0.0.0.0:80->8080/tcp: cannot assign requested address: the host has no such address; ip addr lists those it has"},
		{"pasta", &networkError{network.Pasta, &network.HelperError{Program: "pasta", Err: errors.New("ended with status 1"), Says: "no"}}, "the network driver failed: pasta: ended with status 1: no; choose another with --net"},
		{"auto", &networkError{network.Pasta, &network.HelperError{Program: "pasta", Err: errors.New("ended with status 1")}}, "the network driver failed: pasta: ended with status 1"},
		{"slirp4netns", &networkError{network.Slirp4netns, &network.OldError{Program: "slirp4netns", Wants: "0.4.0"}}, "--net slirp4netns: slirp4netns is too old; it takes 0.4.0; an administrator can install a newer one; --net chooses another driver"},
		{"gvisor", &networkError{network.Gvisor, step}, "the network device cannot be made: a device: input/output error; the disk or what stands for one is broken or gone; the kernel's log tells more (dmesg, for an administrator) (step 16 failed: openat(…))"},
		{"auto", errors.New("something else"), ""},
		{"auto", step, ""},
	} {
		l := connecting(t, tt.net, nil)
		l.tree = mount.NewTree(new(forkexec.Program))
		if got := l.explainNetwork(tt.err); got != tt.want {
			t.Errorf("%v: got\n%s, want\n%s", tt.err, got, tt.want)
		}
	}
}

// What is tried is left out after it failed, and what auto has not is no error unless someone is to connect.
func TestTheNextDriverIsTakenForAutoAlone(t *testing.T) {
	lower := func(l *launch) bool {
		failed := &networkError{network.Slirp4netns, errors.New("x")}
		if l.net.setup != nil {
			failed.mode = l.net.setup.Mode
		}
		again, err := l.lower(failed)
		if !again && err != error(failed) {
			t.Errorf("the error is %v", err)
		}
		return again
	}
	l := connecting(t, "auto", nil)
	var tried []string
	for l.net.setup != nil {
		tried = append(tried, string(l.net.setup.Mode))
		if !lower(l) {
			t.Fatalf("after %v there is no other", tried)
		}
	}
	lost := l.up.stand.Lost
	if got := strings.Join(tried, " "); got != "gvisor slirp4netns pasta" || len(lost) != 1 || lost[0].Cause != "gvisor failed: x, slirp4netns failed: x, pasta failed: x" || lower(l) {
		t.Errorf("tried %s, lost %v", got, lost)
	}
	if l := connecting(t, "slirp4netns", nil); lower(l) || l.net.setup == nil {
		t.Error("one that was named was given up")
	}
	l = connecting(t, "auto", func(l *launch) { l.net.wish.Ports = []network.Port{{Proto: "tcp", HostPort: 8080, ContainerPort: 80}} })
	for range 2 {
		if !lower(l) {
			t.Error("the next would do")
		}
	}
	if lower(l) || l.net.setup == nil {
		t.Error("ports were given up")
	}
}

func TestWhatANetworkLacksIsSaidOnce(t *testing.T) {
	for _, tt := range []struct {
		name, net string
		change    func(*launch)
		want      string
	}{
		{"everything is there", "auto", nil, ""},
		{"none is wanted", "none", noDrivers, ""},
		{"no driver", "auto", noDrivers, "no network but loopback: urun-netstack is not installed, slirp4netns is not installed, pasta is not installed; an administrator can install slirp4netns or a newer passt, or you put urun-netstack beside urun; --net none says that none is wanted"},
		{"an old pasta", "pasta", func(l *launch) { l.net.host.PastaAge = "20230309" }, "connections that are refused may hang, published ports may pass nothing, and what listens on the host's loopback can be sent to: pasta is older than 2023-06-27; an administrator can install a newer passt; --net chooses another driver"},
		{"no name server, by default", "auto", func(l *launch) { l.net.host.Resolver = network.Resolver{} }, ""},
		{"no name server", "gvisor", func(l *launch) { l.net.host.Resolver = network.Resolver{}; l.net.wish.Named = true }, "names are not resolved inside: the host's /etc/resolv.conf names no server; you can name one with --dns IP"},
		{"no name server, and none is wanted", "gvisor", func(l *launch) { l.net.host.Resolver = network.Resolver{}; l.net.wish.Names.NoDNS = true }, ""},
	} {
		l := connecting(t, tt.net, tt.change)
		var said []string
		l.opt.Notice = func(line string) { said = append(said, line) }
		l.tellLosses(l.notice)
		l.tellLosses(l.notice) // of the next child
		if got := strings.Join(said, "\n"); got != tt.want {
			t.Errorf("%s: got\n%s, want\n%s", tt.name, got, tt.want)
		}
	}
}

// Whoever asked for no network by name has a container without one.
func TestAutoGoesWithoutADriverThatHasNoPlace(t *testing.T) {
	l := undecided(t, "auto", with(without(specs.PIDNamespace), func(l *launch) { l.net.host.Stack, l.net.host.Pasta = "", "" }))
	if err := choose(l); err != nil || l.net.setup != nil || len(l.up.stand.Lost) != 1 || !strings.Contains(l.up.stand.Lost[0].Cause, "--pid host") {
		t.Errorf("got %v, %v, %v", err, l.net.setup, l.up.stand.Lost)
	}
}

// A helper in the container's user namespace is out of its reach, and can do something there.
func TestWhereRootlesskitsHelperHasAPlace(t *testing.T) {
	ports := func(l *launch) { l.net.wish.Ports = []network.Port{{Proto: "tcp", HostPort: 8080, ContainerPort: 80}} }
	user := func(l *launch) { l.ids.UIDs = []specs.LinuxIDMapping{{ContainerID: 1000, HostID: 1000, Size: 1}} }
	for _, tt := range []struct {
		net    string
		change func(*launch)
		want   string
	}{
		{"gvisor:rootlesskit", func(*launch) {}, ""},
		{"gvisor:rootlesskit", without(specs.PIDNamespace), "--net: with --pid host rootlesskit's helper would be within reach of the container; "},
		{"gvisor:rootlesskit", user, "--net: rootlesskit's helper needs you to be root inside; "},
		{"slirp4netns:port_handler=rootlesskit", with(ports, user), "--net: rootlesskit's helper needs you to be root inside; "},
		{"slirp4netns:port_handler=rootlesskit", user, ""}, // without ports there is no helper
		{"gvisor", with(ports, user, without(specs.PIDNamespace)), ""},
		{"slirp4netns", with(ports, user), "--net: slirp4netns publishes ports only where you are root inside; "},
		{"slirp4netns", user, ""},
		{"slirp4netns:rootlesskit", user, "--net: rootlesskit's helper needs you to be root inside; "},
		{"slirp4netns", without(specs.PIDNamespace), "--net: with --pid host slirp4netns would be within reach of the container, "},
		{"pasta", without(specs.PIDNamespace), ""},
	} {
		err := choose(undecided(t, tt.net, tt.change))
		switch {
		case tt.want == "" && err != nil, tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)):
			t.Errorf("%s: got %v, want %q", tt.net, err, tt.want)
		}
	}
}
