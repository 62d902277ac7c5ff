package netstack

import (
	"container/list"
	"net"
	"net/netip"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

const (
	maxFlows = 2048             // each is a socket of the host's; another one ends the one that was silent longest
	flowIdle = 90 * time.Second // without a datagram in either direction
)

// flow is what goes between one socket inside and one address outside.
type flow struct {
	net     *virtualNetwork
	id      stack.TransportEndpointID
	inside  tcpip.Endpoint
	queue   waiter.Queue
	outside *net.UDPConn
	idle    *time.Timer
	place   *list.Element
}

// serveUDP gets the first datagram of each flow.
func (n *virtualNetwork) serveUDP(r *udp.ForwarderRequest) {
	id := r.ID()
	outer := addr(id.LocalAddress)
	to, ok := n.reach.host(outer)
	if !ok {
		if !outer.IsMulticast() && outer.As4()[3] != 255 {
			n.refuse(id)
		}
		return
	}
	outside, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(to, id.LocalPort)))
	if err != nil {
		n.refuse(id)
		return
	}
	f := &flow{net: n, id: id, outside: outside}
	inside, failed := r.CreateEndpoint(&f.queue)
	if failed != nil {
		outside.Close()
		return
	}
	f.inside = inside
	f.idle = time.AfterFunc(flowIdle, f.close)
	n.flows.add(f)
	go f.outward()
	go func() {
		f.inward()
		f.close()
		n.flows.remove(f)
	}()
}

// alive is for each datagram.
func (f *flow) alive() {
	f.idle.Reset(flowIdle)
	f.net.flows.front(f)
}

// close makes both directions end. The next datagram from inside begins another flow.
func (f *flow) close() {
	f.idle.Stop()
	f.outside.Close()
	f.inside.Close()
}
