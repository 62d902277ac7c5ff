package netstack

import (
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	maxEchoes   = 64 // under way; another one is lost
	echoTimeout = 10 * time.Second
)

// ping lets the host's kernel send the echo request and passes its answer on. The kernel puts a number of its own in the
// place of the identifier, which is why each request has a socket. Who may do this without privileges is in the sysctl
// net.ipv4.ping_group_range, for IPv6 too; others get no answer.
func (g *gate) ping(inside, outside netip.Addr, request []byte) {
	to, ok := g.net.reach.host(outside)
	if !ok {
		return
	}
	select {
	case g.echo <- struct{}{}:
	default:
		return
	}
	go func() {
		defer func() { <-g.echo }()
		reply := exchangeEcho(to, request)
		if reply == nil {
			return
		}
		copy(reply[4:6], request[4:6]) // the identifier
		g.net.sendICMP(outside, inside, reply)
	}()
}

// exchangeEcho is nil when no answer comes.
func exchangeEcho(to netip.Addr, request []byte) []byte {
	domain, protocol := unix.AF_INET, unix.IPPROTO_ICMP
	if to.Is6() {
		domain, protocol = unix.AF_INET6, unix.IPPROTO_ICMPV6
	}
	fd, err := unix.Socket(domain, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, protocol)
	if err != nil {
		return nil
	}
	f := os.NewFile(uintptr(fd), "ping")
	defer f.Close()
	if unix.Connect(fd, sockaddr(netip.AddrPortFrom(to, 0))) != nil || f.SetReadDeadline(time.Now().Add(echoTimeout)) != nil {
		return nil
	}
	if _, err := f.Write(request); err != nil {
		return nil
	}
	reply := make([]byte, len(request))
	n, err := f.Read(reply)
	if err != nil || n < 8 {
		return nil
	}
	return reply[:n]
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Addr: a.Addr().As4(), Port: int(a.Port())}
	}
	return &unix.SockaddrInet6{Addr: a.Addr().As16(), Port: int(a.Port())}
}
