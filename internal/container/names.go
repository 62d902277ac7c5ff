package container

import (
	"errors"
	"net/netip"
	"os"
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/mount"
)

// resolver is what the container's resolv.conf says.
func (l *launch) resolver() network.Resolver {
	n := &l.net
	if j := l.opt.Joined; j != nil {
		r := n.host.Resolver
		r.Servers = j.Network.Servers
		return n.wish.Names.Resolver(r, nil)
	}
	if n.setup != nil {
		return n.wish.Names.Resolver(n.host.Resolver, &n.setup.Addresses)
	}
	return n.wish.Names.Resolver(n.host.Resolver, nil)
}

// connected tells whether the container reaches more than itself.
func (l *launch) connected() bool {
	mode := l.net.wish.Mode
	return l.net.setup != nil || mode == network.Host || mode == network.Container
}

// names are the files of the container's own that tell it about names. The host's root
// has its own hosts and hostname, and where its resolv.conf leads to may be empty inside.
func (l *launch) names() (list []mount.File) {
	x := l.net.wish.Names
	add := func(name, content string) {
		dest := "/etc/" + name
		if !slices.ContainsFunc(l.spec.Mounts, func(m specs.Mount) bool { return m.Destination == dest }) {
			list = append(list, mount.File{Dest: dest, Content: []byte(content), Optional: l.root.Host || covered(l.spec.Mounts, dest)})
		}
	}
	if !x.NoDNS && (l.connected() || len(x.Servers)+len(x.Search)+len(x.Options) > 0) {
		add("resolv.conf", l.resolver().String())
	}
	if !x.NoHosts && (l.connected() && !l.root.Host || len(x.Hosts) > 0) {
		add("hosts", l.hosts())
	}
	if l.connected() && !l.root.Host && l.owns(specs.UTSNamespace) && l.spec.Hostname != "" {
		add("hostname", l.spec.Hostname+"\n")
	}
	return list
}

// hosts is the container's /etc/hosts. With the host's root the host's own lines follow.
func (l *launch) hosts() string {
	self, host := l.ownAddresses()
	var own []string
	for _, name := range []string{l.spec.Hostname, l.opt.extra().Name} {
		if name != "" && !slices.Contains(own, name) {
			own = append(own, name)
		}
	}
	content := l.net.wish.Names.HostsFile(self, own, host)
	if l.root.Host {
		b, _ := os.ReadFile("/etc/hosts") // a host without one has no more lines
		content += string(b)
	}
	return content
}

// checkNames refuses a name for the host where the container cannot reach it.
func (l *launch) checkNames() error {
	_, host := l.ownAddresses()
	for _, e := range l.net.wish.Names.Hosts {
		if e.Gateway && !host.IsValid() {
			return errors.New("--add-host " + quote(e.Names[0]+":"+network.HostGateway) + ": the container reaches no address of the host; --net MODE:host-loopback gives one")
		}
	}
	return nil
}

// ownAddresses are those at which the container and the host are reached from inside;
// the zero Addr for none.
func (l *launch) ownAddresses() (self, host netip.Addr) {
	n := &l.net
	switch {
	case n.setup != nil && n.wish.HostLoopback:
		self, host = n.setup.Addresses.IP, n.setup.Addresses.Gateway
	case n.setup != nil:
		self, host = n.setup.Addresses.IP, n.host.Address
	case l.opt.Joined != nil:
		self, _ = netip.ParseAddr(l.opt.Joined.Network.IP) // without one it is loopback's
	case n.wish.Mode == network.Host:
		host = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return self, host
}
