package netstack

import "net/netip"

// reach says which addresses of the host's network the container's packets may go to, and whom it sees on its own.
type reach struct {
	subnet       netip.Prefix
	ipv6         bool // the container is in subnet6 as well
	hostLoopback bool
}

// at is an address of the container's subnet.
func (r reach) at(host byte) netip.Addr {
	a := r.subnet.Addr().As4()
	a[3] += host
	return netip.AddrFrom4(a)
}

func (r reach) gateway() netip.Addr   { return r.at(2) }
func (r reach) container() netip.Addr { return r.at(100) }

// subnet6 is what every container has that has IPv6.
func subnet6() netip.Prefix { return netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0xfd}), 64) }

func gateway6() netip.Addr   { return netip.AddrFrom16([16]byte{0: 0xfd, 15: 2}) }
func container6() netip.Addr { return netip.AddrFrom16([16]byte{0: 0xfd, 14: 1}) }

// gatewayOf is the one of the same family.
func (r reach) gatewayOf(a netip.Addr) netip.Addr {
	if a.Is6() {
		return gateway6()
	}
	return r.gateway()
}

// host is the address to connect to, on the host, for a destination that the container named.
//
// What is refused beside 127.0.0.0/8: the container's subnet, which the host may have too, as a network of its own; 0.0.0.0,
// which connect(2) takes for the host itself, and the kernel inside sends it nowhere but a raw socket does; what is not
// one host; and link-local addresses, which belong to a link that the container is not on (a cloud's metadata among them, with
// credentials of the machine).
func (r reach) host(dst netip.Addr) (netip.Addr, bool) {
	if dst.Is6() {
		return r.host6(dst)
	}
	switch {
	case dst == r.gateway():
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), r.hostLoopback
	case r.subnet.Contains(dst), dst.IsLoopback(), dst.IsLinkLocalUnicast(), dst.IsMulticast():
		return netip.Addr{}, false
	case dst.As4()[0] == 0, dst.As4()[0] >= 240:
		return netip.Addr{}, false
	}
	return dst, true
}

// host6 refuses the same, and beside ::1 and :: the rest of ::/96 and the addresses that contain one of IPv4: connect(2) takes
// ::ffff:127.0.0.1 for the host. Metadata of a cloud has addresses that are no link's.
func (r reach) host6(dst netip.Addr) (netip.Addr, bool) {
	switch {
	case !r.ipv6:
		return netip.Addr{}, false
	case dst == gateway6():
		return netip.IPv6Loopback(), r.hostLoopback
	case subnet6().Contains(dst), dst.IsLinkLocalUnicast(), dst.IsMulticast(), dst.Is4In6(), dst.Zone() != "":
		return netip.Addr{}, false
	case netip.PrefixFrom(netip.IPv6Unspecified(), 96).Contains(dst):
		return netip.Addr{}, false
	case dst == netip.MustParseAddr("fd00:ec2::254"), dst == netip.MustParseAddr("fd20:ce::254"): // Amazon's, Google's
		return netip.Addr{}, false
	}
	return dst, true
}

// seen is which of its addresses a client is connected to, and whether the container sees that client itself. Whom it could not
// answer, because its packets to that address are nobody's or its own, comes from the gateway.
func (r reach) seen(client netip.Addr) (inside netip.Addr, itself bool) {
	same, ok := r.host(client)
	if client.Is6() && r.ipv6 {
		return container6(), ok && same == client
	}
	return r.container(), ok && same == client
}
