package network

import "net/netip"

// Addresses are what the container has on its device, and what answers it there.
type Addresses struct {
	Device  string     `json:"device"`
	MTU     int        `json:"mtu"` // bytes
	Bits    int        `json:"-"`   // of the IPv4 network
	IP      netip.Addr `json:"ip"`
	Gateway netip.Addr `json:"gateway"`
	DNS     netip.Addr `json:"-"` // the driver's name server, which asks the host's

	IP6      netip.Addr `json:"ip6,omitzero"` // the zero Addr: no IPv6
	Gateway6 netip.Addr `json:"gateway6,omitzero"`
	DNS6     netip.Addr `json:"-"`
}

// Device is the name of the container's network device.
const Device = "tap0"

// Bits6 is the length of the IPv6 network's prefix.
const Bits6 = 64

// addresses are the ones that the programs are told, or have built in: the container
// is .100, the gateway .2 and the name server .3 of the network, as with slirp4netns.
func addresses(w Wish, driver Mode, ipv6 bool) Addresses {
	subnet := w.Subnet
	if !subnet.IsValid() {
		subnet = DefaultSubnet()
	}
	a := Addresses{Device: Device, MTU: w.MTU, Bits: subnet.Bits(), IP: nth(subnet, 100), Gateway: nth(subnet, 2), DNS: nth(subnet, 3)}
	switch {
	case a.MTU != 0:
	case driver == Slirp4netns:
		a.MTU = slirpMTU
	default:
		a.MTU = DefaultMTU
	}
	if driver == Gvisor && w.Rootlesskit { // gvisor-tap-vsock has them so, and no IPv6
		a.Gateway = nth(subnet, 1)
		a.DNS = a.Gateway
		return a
	}
	if ipv6 && !w.NoIPv6 && a.MTU >= 1280 { // the least that IPv6 runs on
		six := netip.MustParsePrefix("fd00::/64")
		a.IP6, a.Gateway6, a.DNS6 = nth(six, 0x100), nth(six, 2), nth(six, 3)
	}
	if driver == Gvisor { // its name server has the gateway's address, asks for records of both families, and is there once
		a.DNS, a.DNS6 = a.Gateway, netip.Addr{}
	}
	return a
}

// nth is the address number n of a network.
func nth(p netip.Prefix, n uint16) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	b[len(b)-1] |= byte(n)
	b[len(b)-2] |= byte(n >> 8)
	a, _ := netip.AddrFromSlice(b)
	return a
}
