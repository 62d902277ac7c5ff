package netstack

import (
	"errors"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// flow is what goes between one socket inside and one address outside.
type flow struct {
	life
	net     *virtualNetwork
	id      stack.TransportEndpointID
	inside  tcpip.Endpoint
	queue   waiter.Queue
	outside *net.UDPConn
}

// serveUDP gets the first datagram of each flow.
func (n *virtualNetwork) serveUDP(r *udp.ForwarderRequest) {
	id := r.ID()
	outer := addr(id.LocalAddress)
	to, ok := n.reach.host(outer)
	if !ok {
		if !outer.IsMulticast() && !(outer.Is4() && outer.As4()[3] == 255) {
			n.refuse(id)
		}
		return
	}
	// Go lets all of its sockets send to everyone on a link.
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) (err error) {
		cerr := c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_BROADCAST, 0) })
		return errors.Join(err, cerr)
	}}
	conn, err := dialer.Dial("udp", netip.AddrPortFrom(to, id.LocalPort).String())
	if err != nil {
		n.refuse(id) // without a route as well: of what else there is to say the kernel inside tells a datagram's sender nothing
		return
	}
	outside := conn.(*net.UDPConn)
	f := &flow{net: n, id: id, outside: outside}
	inside, failed := r.CreateEndpoint(&f.queue)
	if failed != nil {
		outside.Close()
		return
	}
	f.inside = inside
	f.begin(&n.flows, f.close)
	go f.outward()
	go func() {
		f.inward()
		f.close()
		f.over()
	}()
}

// close makes both directions end. The next datagram from inside begins another flow.
func (f *flow) close() {
	f.outside.Close()
	f.inside.Close()
}
