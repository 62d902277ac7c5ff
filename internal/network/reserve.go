package network

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// PortError is a port of the host that cannot be had.
type PortError struct {
	Port Port
	Err  error // wraps the errno of bind(2)
}

func (e *PortError) Error() string {
	return "listen at " + e.Port.Proto + " " + e.Port.Host() + ": " + e.Err.Error()
}
func (e *PortError) Unwrap() error { return e.Err }

// Reserve makes sure that all ports can be had and chooses the free ones among
// those that are 0. It lets go of them again: the driver is to have them, and what
// someone takes in between the driver tells.
func Reserve(ports []Port) ([]Port, error) {
	chosen := append([]Port(nil), ports...)
	var held []io.Closer
	defer func() {
		for _, c := range held {
			c.Close()
		}
	}()
	for i := range chosen {
		p := &chosen[i]
		for _, other := range ports[:i] {
			if p.HostPort != 0 && p.collides(other) {
				return nil, &PortError{*p, errTwice}
			}
		}
		c, at, err := listen(*p)
		if err != nil {
			return nil, &PortError{*p, err}
		}
		held = append(held, c)
		p.HostPort = at
	}
	return chosen, nil
}

var errTwice = errors.New("it is published twice")

func (p Port) collides(q Port) bool {
	same := p.HostIP == q.HostIP || p.everywhere(q) || q.everywhere(p)
	return same && p.Proto == q.Proto && p.HostPort == q.HostPort
}

// everywhere tells whether p is published at all addresses of q's kind.
func (p Port) everywhere(q Port) bool {
	return !p.HostIP.IsValid() && q.HostIP.Is4() || p.HostIP == netip.IPv6Unspecified() && q.HostIP.Is6()
}

// listen takes a port. Where the drivers listen at all addresses, they do so with
// IPv4, and so does this.
func listen(p Port) (c io.Closer, port uint16, err error) {
	family := "4"
	if p.HostIP.Is6() {
		family = "6"
	}
	var at net.Addr
	if p.Proto == "udp" {
		var l net.PacketConn
		if l, err = new(net.ListenConfig).ListenPacket(context.Background(), "udp"+family, p.Host()); err == nil {
			c, at = l, l.LocalAddr()
		}
	} else {
		var l net.Listener
		if l, err = new(net.ListenConfig).Listen(context.Background(), "tcp"+family, p.Host()); err == nil {
			c, at = l, l.Addr()
		}
	}
	if err != nil {
		return nil, 0, err
	}
	a, err := netip.ParseAddrPort(at.String())
	return c, a.Port(), err
}

// Advice is what to do about a port that cannot be had.
func (e *PortError) Advice() string {
	port := strconv.Itoa(int(e.Port.HostPort))
	switch {
	case errors.Is(e.Err, errTwice):
		return "the host's port can lead to one place; leave one of them out"
	case errors.Is(e.Err, unix.EADDRINUSE):
		return "something listens there already; choose another port of the host, or 0 for one that is free"
	case errors.Is(e.Err, unix.EACCES):
		return "ports below the sysctl net.ipv4.ip_unprivileged_port_start are not for users: choose another (" + strconv.Itoa(8000+int(e.Port.HostPort)) + ", say), or an administrator lowers it (sysctl net.ipv4.ip_unprivileged_port_start=" + port + ")"
	case errors.Is(e.Err, unix.EMFILE):
		return "so many ports take as many open files; raise ulimit -n, or publish fewer"
	case errors.Is(e.Err, unix.EADDRNOTAVAIL):
		return "the host has no such address; ip addr lists those it has"
	}
	return "choose another port or address"
}
