package netstack

import "net/netip"

// reach says which addresses of the host's network the container's packets may go to.
type reach struct {
	subnet       netip.Prefix
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

// host is the address to connect to, on the host, for a destination that the container named.
//
// What is refused beside 127.0.0.0/8: the container's subnet, which the host may have too, as a network of its own; 0.0.0.0,
// which connect(2) takes for the host itself, and the kernel inside sends it nowhere but a raw socket does; what is not
// one host; and link-local addresses, which belong to a link that the container is not on (a cloud's metadata among them, with
// credentials of the machine).
func (r reach) host(dst netip.Addr) (netip.Addr, bool) {
	dst = dst.Unmap()
	switch {
	case dst == r.gateway():
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), r.hostLoopback
	case !dst.Is4(), r.subnet.Contains(dst), dst.IsLoopback(), dst.IsLinkLocalUnicast(), dst.IsMulticast():
		return netip.Addr{}, false
	case dst.As4()[0] == 0, dst.As4()[0] >= 240:
		return netip.Addr{}, false
	}
	return dst, true
}
