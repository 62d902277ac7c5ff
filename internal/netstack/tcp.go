package netstack

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

const (
	maxTCP      = 1024 // connections at a time, which take up to a megabyte each; further ones are reset
	maxDialing  = 1024 // connections that the host is still making; further ones have to ask again
	dialTimeout = time.Minute
)

// admit counts a connection, unless there are too many. Who was admitted leaves.
func (n *virtualNetwork) admit() bool {
	if n.open.Add(1) > maxTCP {
		n.leave()
		return false
	}
	return true
}

func (n *virtualNetwork) leave() { n.open.Add(-1) }

// serveTCP has a goroutine for each connection that the container asks for. Only when the host has made it does the container's
// come about, so that a refusal is one inside as well, and no answer none.
func (n *virtualNetwork) serveTCP(r *tcp.ForwarderRequest) {
	id := r.ID()
	to, ok := n.reach.host(addr(id.LocalAddress))
	if !ok || !n.admit() {
		r.Complete(true)
		return
	}
	defer n.leave()
	dialer := net.Dialer{Timeout: dialTimeout}
	conn, err := dialer.Dial("tcp", netip.AddrPortFrom(to, id.LocalPort).String())
	if err != nil {
		r.Complete(!errors.Is(err, os.ErrDeadlineExceeded))
		return
	}
	outside := conn.(*net.TCPConn)
	var queue waiter.Queue
	ep, failed := r.CreateEndpoint(&queue)
	r.Complete(false)
	if failed != nil { // who asked has given up meanwhile
		outside.Close()
		return
	}
	relay(gonet.NewTCPConn(&queue, ep), outside, ep.Abort, buffers())
}
