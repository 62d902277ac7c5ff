package network

import (
	"net/netip"
	"strings"
)

// Resolver is what a resolv.conf(5) says.
type Resolver struct {
	Servers []string // addresses; an IPv6 one may have a zone: fe80::1%eth0
	Search  []string
	Options []string
}

// ParseResolver reads a resolv.conf. Lines that it does not know it leaves out, as the
// C library does.
func ParseResolver(b []byte) (r Resolver) {
	for line := range strings.Lines(string(b)) {
		if i := strings.IndexAny(line, "#;"); i >= 0 {
			line = line[:i]
		}
		f := strings.Fields(line)
		if len(f) < 2 || strings.ContainsAny(line[:1], " \t") {
			continue
		}
		switch f[0] {
		case "nameserver":
			if _, err := netip.ParseAddr(f[1]); err == nil {
				r.Servers = append(r.Servers, f[1])
			}
		case "search":
			r.Search = f[1:] // the last one counts
		case "domain":
			r.Search = f[1:2]
		case "options":
			r.Options = append(r.Options, f[1:]...)
		}
	}
	return r
}

// has tells whether one of the servers is of the family that want tells.
func (r Resolver) has(want func(netip.Addr) bool) bool {
	for _, s := range r.Servers {
		if a, err := netip.ParseAddr(s); err == nil && want(a.WithZone("")) {
			return true
		}
	}
	return false
}

// Names are how names are resolved in the container.
type Names struct {
	Servers []netip.Addr // instead of the host's
	Search  []string     // instead of the host's; "." alone: none
	Options []string     // instead of the host's
	Hosts   []HostEntry  // lines of /etc/hosts
	NoDNS   bool         // leave /etc/resolv.conf as the rootfs has it
	NoHosts bool         // leave /etc/hosts as the rootfs has it
}

// HostEntry is a line of hosts(5).
type HostEntry struct {
	IP      netip.Addr
	Gateway bool // the address is the host's, which is known only later
	Names   []string
}

// Asked tells whether anything about names was asked for.
func (n Names) Asked() bool {
	return len(n.Servers)+len(n.Search)+len(n.Options)+len(n.Hosts) > 0
}

// Resolver is what the container's resolv.conf says, for a host that says what host
// does. a is nil without a driver between them: then the host's servers are asked
// directly. The driver's name server asks the host's of its own family, whichever
// that is at the moment, so that the host may change networks.
func (n Names) Resolver(host Resolver, a *Addresses) Resolver {
	r := host
	if a != nil {
		r.Servers = nil
		// The one of IPv4 is there in any case: the host may have no server yet. Without one of
		// IPv6 it asks the host's of either family.
		if host.has(netip.Addr.Is4) || !a.DNS6.IsValid() || len(host.Servers) == 0 {
			r.Servers = append(r.Servers, a.DNS.String())
		}
		if a.DNS6.IsValid() && host.has(netip.Addr.Is6) {
			r.Servers = append(r.Servers, a.DNS6.String())
		}
	}
	if len(n.Servers) > 0 {
		r.Servers = nil
		for _, s := range n.Servers {
			r.Servers = append(r.Servers, s.String())
		}
	}
	if len(n.Search) > 0 {
		r.Search = n.Search
	}
	if len(r.Search) == 1 && r.Search[0] == "." {
		r.Search = nil
	}
	if len(n.Options) > 0 {
		r.Options = n.Options
	}
	return r
}

// String writes it as resolv.conf(5).
func (r Resolver) String() string {
	var b strings.Builder
	for _, s := range r.Servers {
		b.WriteString("nameserver " + s + "\n")
	}
	if len(r.Search) > 0 {
		b.WriteString("search " + strings.Join(r.Search, " ") + "\n")
	}
	if len(r.Options) > 0 {
		b.WriteString("options " + strings.Join(r.Options, " ") + "\n")
	}
	return b.String()
}
