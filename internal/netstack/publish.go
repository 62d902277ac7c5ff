package netstack

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/urun-project/urun/internal/network"
)

// publish returns when the host listens. The container sees who has connected: rootlesskit's port driver, whose clients all come
// from the gateway, can be told neither an address nor which endpoint to use.
func (n *virtualNetwork) publish(p network.Port) error {
	if p.Proto == "udp" {
		return n.publishUDP(p)
	}
	l, err := net.Listen(listenNetwork(p), p.Host())
	if err != nil {
		return err
	}
	go func() {
		for {
			outside, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil { // no descriptor is left: until one is, whoever connects waits in the queue
				time.Sleep(acceptPause)
				continue
			}
			go n.serveClient(outside.(*net.TCPConn), p.ContainerPort)
		}
	}()
	return nil
}

const acceptPause = 50 * time.Millisecond

// listenNetwork names the family: 0.0.0.0 without it is every address of IPv6, too.
func listenNetwork(p network.Port) string {
	if p.HostIP.Unmap().Is6() {
		return p.Proto + "6"
	}
	return p.Proto + "4"
}

// serveClient breaks the connection unless the container takes it.
func (n *virtualNetwork) serveClient(outside *net.TCPConn, port uint16) {
	if !n.admit() {
		_ = outside.SetLinger(0)
		outside.Close()
		return
	}
	defer n.leave()
	client := outside.RemoteAddr().(*net.TCPAddr).AddrPort()
	inside, abort, err := n.dialContainer(netip.AddrPortFrom(client.Addr().Unmap(), client.Port()), port)
	if err != nil {
		_ = outside.SetLinger(0)
		outside.Close()
		return
	}
	relay(inside, outside, abort, clientBuffers())
}

// dialContainer connects from the client's own address and port. These may be taken: by a connection of the container's to just
// there, by one of the client's to another port, or by the remains of one. It is the gateway that connects then. A refusal
// is the container's last word: it may be meant for that client.
func (n *virtualNetwork) dialContainer(client netip.AddrPort, port uint16) (*gonet.TCPConn, func(), error) {
	inside, itself := n.reach.seen(client.Addr())
	to := netip.AddrPortFrom(inside, port)
	if itself {
		conn, abort, err := n.dial(client, to)
		if !errors.Is(err, errTaken) {
			return conn, abort, err
		}
	}
	return n.dial(netip.AddrPort{}, to)
}

// errTaken means that nothing was sent.
var errTaken = errors.New("address and port are taken")

// dial connects from one of the gateway's ports where no other one is named.
func (n *virtualNetwork) dial(from, to netip.AddrPort) (*gonet.TCPConn, func(), error) {
	var queue waiter.Queue
	entry, ready := waiter.NewChannelEntry(waiter.WritableEvents | waiter.EventErr | waiter.EventHUp)
	queue.EventRegister(&entry)
	defer queue.EventUnregister(&entry)
	ep, failed := n.NewEndpoint(tcp.ProtocolNumber, protocol(to.Addr()), &queue)
	if failed != nil {
		return nil, nil, errors.New(failed.String())
	}
	if from.IsValid() {
		failed = ep.Bind(place(from))
	}
	if failed == nil {
		failed = ep.Connect(place(to))
	}
	if _, ok := failed.(*tcpip.ErrConnectStarted); !ok {
		ep.Close()
		return nil, nil, errTaken
	}
	patience := time.NewTimer(dialTimeout)
	defer patience.Stop()
	select {
	case <-ready:
		failed = ep.LastError()
	case <-patience.C:
		failed = &tcpip.ErrTimeout{}
	}
	if failed != nil {
		ep.Abort()
		return nil, nil, errors.New(failed.String())
	}
	return gonet.NewTCPConn(&queue, ep), ep.Abort, nil
}
