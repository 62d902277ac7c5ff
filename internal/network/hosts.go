package network

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
)

// HostGateway is the address that stands for the host's own in --add-host.
const HostGateway = "host-gateway"

// ParseHostEntry reads one --add-host: NAME[;NAME...]:IP.
func ParseHostEntry(s string) (HostEntry, error) {
	const help = "write NAME:IP, such as db:192.0.2.7, or NAME:host-gateway"
	names, ip, ok := s, "", false
	if i := strings.IndexAny(s, ":="); i >= 0 { // docker has both
		names, ip, ok = s[:i], s[i+1:], true
	}
	e := HostEntry{Names: strings.Split(names, ";"), Gateway: ip == HostGateway}
	if !ok {
		return e, errors.New(help)
	}
	for _, name := range e.Names {
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == '#' || r == 0x7f || unicode.IsSpace(r) }) {
			return e, errors.New(strconv.Quote(name) + " is no host name; " + help)
		}
	}
	if e.Gateway {
		return e, nil
	}
	var err error
	if e.IP, err = netip.ParseAddr(strings.Trim(ip, "[]")); err != nil || e.IP.Zone() != "" {
		return e, errors.New(strconv.Quote(ip) + " is no IP address; " + help)
	}
	return e, nil
}

// HostsFile is the container's hosts(5): localhost, the container's own names at its
// address, the host's name where it can be reached, and what was asked for, first:
// the first line that has a name counts.
func (n Names) HostsFile(self netip.Addr, names []string, host netip.Addr) string {
	var b strings.Builder
	line := func(ip netip.Addr, names ...string) {
		if ip.IsValid() && len(names) > 0 {
			b.WriteString(ip.String() + "\t" + strings.Join(names, " ") + "\n")
		}
	}
	for _, e := range n.Hosts {
		if e.Gateway {
			e.IP = host
		}
		line(e.IP, e.Names...)
	}
	line(netip.AddrFrom4([4]byte{127, 0, 0, 1}), "localhost", "localhost.localdomain")
	line(netip.IPv6Loopback(), "localhost", "ip6-localhost", "ip6-loopback")
	if !self.IsValid() {
		self = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	line(self, names...)
	line(host, "host.containers.internal", "host.docker.internal")
	return b.String()
}

// outside is an address of the host by which it can be reached from a container
// whose gateway is not the host: the first that others can use, or the zero Addr.
func outside() netip.Addr {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return netip.Addr{}
	}
	for _, a := range list {
		p, err := netip.ParsePrefix(a.String())
		if err == nil && p.Addr().Is4() && p.Addr().IsGlobalUnicast() {
			return p.Addr()
		}
	}
	return netip.Addr{}
}
