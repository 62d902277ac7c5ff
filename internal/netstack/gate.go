package netstack

import (
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/nested"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// gate stands between the tap device and the stack, which takes every address for its own and would therefore answer
// every ping, and every question for a neighbour's link address, itself.
type gate struct {
	nested.Endpoint
	net  *virtualNetwork
	peer atomic.Value // tcpip.LinkAddress: the container's
	echo chan struct{}
	open chan struct{} // closed when the stack has all that it answers with
}

func newGate(link stack.LinkEndpoint, n *virtualNetwork) *gate {
	g := &gate{net: n, echo: make(chan struct{}, maxEchoes), open: make(chan struct{})}
	g.peer.Store(header.EthernetBroadcastAddress)
	g.Init(link, g)
	return g
}

// DeliverNetworkPacket gets every frame of the container's, in one goroutine. The container runs already: what it sends
// before the gateway's addresses and name server are there waits in the device, and would else be refused.
func (g *gate) DeliverNetworkPacket(protocol tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	<-g.open
	if from := header.Ethernet(pkt.LinkHeader().Slice()).SourceAddress(); from != g.peer.Load() {
		g.peer.Store(from)
	}
	switch protocol {
	case header.ARPProtocolNumber:
		if !g.forGateway(pkt) {
			return
		}
	case header.IPv4ProtocolNumber:
		if g.strange4(pkt) || g.takeEcho(pkt) {
			return
		}
	case header.IPv6ProtocolNumber:
		if g.strange6(pkt) || g.take6(pkt) {
			return
		}
	}
	g.Endpoint.DeliverNetworkPacket(protocol, pkt)
}

// strange4 is true for what does not come from the container's own address: nobody else is there to be answered, and to
// look for a neighbour who does not answer brings the stack down (a listener's nil in Endpoint.onICMPError).
func (g *gate) strange4(pkt *stack.PacketBuffer) bool {
	view, ok := pkt.Data().PullUp(header.IPv4MinimumSize)
	return !ok || addr(header.IPv4(view).SourceAddress()) != g.net.reach.container()
}

// strange6 is the same for IPv6, where neighbours also ask from link-local addresses and from none.
func (g *gate) strange6(pkt *stack.PacketBuffer) bool {
	view, ok := pkt.Data().PullUp(header.IPv6MinimumSize)
	if !ok {
		return true
	}
	ip := header.IPv6(view)
	src := addr(ip.SourceAddress())
	if ip.TransportProtocol() == header.ICMPv6ProtocolNumber && (src.IsLinkLocalUnicast() || src.IsUnspecified()) {
		return false
	}
	return src != container6()
}

// forGateway is true for a question for the gateway's address, and for every answer: the stack may have asked as a client that
// the container is to see.
func (g *gate) forGateway(pkt *stack.PacketBuffer) bool {
	view, ok := pkt.Data().PullUp(header.ARPSize)
	return ok && (header.ARP(view).Op() == header.ARPReply ||
		addr(tcpip.AddrFrom4Slice(header.ARP(view).ProtocolAddressTarget())) == g.net.reach.gateway())
}

// takeEcho takes what pings another one than the gateway. The first fragment is enough to see that, and the rest is of no use
// without it.
func (g *gate) takeEcho(pkt *stack.PacketBuffer) bool {
	view, ok := pkt.Data().PullUp(header.IPv4MinimumSize)
	if !ok {
		return false
	}
	ip := header.IPv4(view)
	if ip.TransportProtocol() != header.ICMPv4ProtocolNumber || addr(ip.DestinationAddress()) == g.net.reach.gateway() {
		return false
	}
	whole := pkt.Data().AsRange().ToSlice()
	ip = header.IPv4(whole)
	if !ip.IsValid(len(whole)) || ip.More() || ip.FragmentOffset() != 0 || len(ip.Payload()) < header.ICMPv4MinimumSize {
		return true
	}
	if header.ICMPv4(ip.Payload()).Type() == header.ICMPv4Echo {
		g.ping(addr(ip.SourceAddress()), addr(ip.DestinationAddress()), ip.Payload())
	}
	return true
}
