package netstack

import (
	"net"
	"net/netip"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/network"
)

// datagramPort is one socket of the host's, whoever sends something to it.
type datagramPort struct {
	net    *virtualNetwork
	socket syscall.RawConn
	inside uint16 // the container's port

	mu       sync.Mutex
	visitors map[sender]*visitor
}

// sender is a client, and which of the host's addresses it sends to: the answer has to come from there.
type sender struct {
	client netip.AddrPort
	zone   uint32 // of a link-local address
	to     packetInfo
}

func (n *virtualNetwork) publishUDP(p network.Port) error {
	at, err := netip.ParseAddrPort(p.Host())
	if err != nil {
		return err
	}
	conn, err := net.ListenUDP(listenNetwork(p), net.UDPAddrFromAddrPort(at))
	if err != nil {
		return err
	}
	socket, err := conn.SyscallConn()
	if err == nil && at.Addr().IsUnspecified() {
		err = askForPacketInfo(socket, at.Addr())
	}
	if err != nil {
		conn.Close()
		return err
	}
	d := &datagramPort{net: n, socket: socket, inside: p.ContainerPort, visitors: map[sender]*visitor{}}
	go func() {
		defer conn.Close() // and keeps it
		for d.wait() == nil {
		}
	}()
	return nil
}

// wait is for one datagram. An error is the end of the socket.
func (d *datagramPort) wait() error {
	return d.socket.Read(func(fd uintptr) bool { return !isErrno(d.receive(int(fd)), syscall.EAGAIN) })
}

// receive holds a buffer only while there is a datagram, as a flow does.
func (d *datagramPort) receive(fd int) error {
	b := buffers().Get().(*[]byte)
	defer buffers().Put(b)
	var s sender
	n, info, _, from, err := unix.Recvmsg(fd, *b, s.to.message[:], unix.MSG_DONTWAIT)
	if err != nil {
		return err // one about an answer of the container's that reached nobody, or that there is nothing
	}
	switch a := from.(type) {
	case *unix.SockaddrInet4:
		s.client = netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		s.client, s.zone = netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port)), a.ZoneId
	}
	s.to.received(info, s.client.Addr())
	if v := d.visitor(s); v != nil {
		v.heard()
		v.inward((*b)[:n])
	}
	return nil
}

// send is for the stack's one goroutine that reads frames, which waits for nobody: a datagram that finds no room is lost.
func (d *datagramPort) send(b []byte, to sender) {
	_ = d.socket.Write(func(fd uintptr) bool {
		at := sockaddr(to.client)
		if a, ok := at.(*unix.SockaddrInet6); ok {
			a.ZoneId = to.zone
		}
		_ = unix.Sendmsg(int(fd), b, to.to.message[:to.to.size], at, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		return true
	})
}

// visitor is nil when there is no way to the container. There is one goroutine that asks.
func (d *datagramPort) visitor(s sender) *visitor {
	d.mu.Lock()
	v := d.visitors[s]
	d.mu.Unlock()
	if v != nil {
		return v
	}
	v = &visitor{port: d, sender: s}
	v.begin(&d.net.visitors, v.leave)
	if !v.settle() {
		v.leave()
		return nil
	}
	return v
}

func (d *datagramPort) remember(v *visitor) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.visitors[v.sender] = v
}

func (d *datagramPort) forget(v *visitor) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.visitors, v.sender)
}
