package netstack

import (
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// packetInfo is a control message that says which of the host's addresses a datagram was for, and, sent, which one it comes
// from: a socket that listens at all of them would otherwise answer from the one that the route prefers, and whoever asked
// another one would not take it. It is empty for a socket that listens at one.
type packetInfo struct {
	message [40]byte // room for that of IPv6
	size    int
}

func askForPacketInfo(socket syscall.RawConn, at netip.Addr) error {
	level, option := unix.IPPROTO_IP, unix.IP_PKTINFO
	if at.Is6() {
		level, option = unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO
	}
	var failed error
	err := socket.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), level, option, 1) })
	if err != nil {
		return err
	}
	return failed
}

// received takes the device out, by which the answer would otherwise have to leave: the route may be another one.
func (p *packetInfo) received(size int, client netip.Addr) {
	p.size = size
	if size == 0 {
		return
	}
	device := p.message[unix.CmsgLen(0):] // ip(7): in_pktinfo begins with it; ipv6(7): in6_pktinfo has an address before it
	if client.Is6() {
		device = device[16:]
	}
	clear(device[:4])
}
