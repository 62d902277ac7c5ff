package netstack

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/urun-project/urun/internal/network"
)

// A client that has addresses of both families goes on to the other one when it has such an error.
func TestARefusalOverIPv6ArrivesAtOnce(t *testing.T) {
	g, _ := online(t, withIPv6)
	free := listen(t, "["+outside6+"]:0").(*net.TCPListener)
	free.Close()
	for to, want := range map[string]syscall.Errno{
		outside6:                  syscall.ECONNREFUSED,
		"fd00::2":                 syscall.ECONNREFUSED,
		"::ffff:0:192.0.2.1":      syscall.ENETUNREACH, // RFC 2765; nobody routes it
		"fd00:ec2::254":           syscall.ECONNREFUSED,
		nowhere6:                  syscall.ENETUNREACH,
		unreachable6:              syscall.EHOSTUNREACH,
		"64:ff9b::" + "192.0.2.1": syscall.ENETUNREACH,
	} {
		to = net.JoinHostPort(to, strconv.Itoa(free.Addr().(*net.TCPAddr).Port))
		g.refusedAtOnce("tcp", to, want)
		g.refusedAtOnce("udp", to, syscall.ECONNREFUSED)
	}
}

// refusedAtOnce fails the test unless connecting, or reading where something was sent, has the error soon.
func (g *guest) refusedAtOnce(network, to string, want syscall.Errno) {
	g.t.Helper()
	began := time.Now()
	c, err := g.dial(network, to)
	if err == nil {
		defer c.Close()
		c.SetDeadline(began.Add(patience))
		c.Write([]byte("anybody?"))
		_, err = c.Read(make([]byte, 1))
	}
	// A refusal that arrives while connect(2) still holds the socket is heeded with the second SYN, after a second
	// (tcp_v6_err() in net/ipv6/tcp_ipv6.c); without one at all it would take minutes.
	if took := time.Since(began); !errors.Is(err, want) || took > 4*time.Second {
		g.t.Errorf("%s to %s: %v after %v, want %v", network, to, err, took, want)
	}
}

func TestAHostWithoutIPv6IsToldAtOnce(t *testing.T) {
	for _, how := range []string{"without a route", "without the protocol"} {
		host, g := newGuest(t), newGuest(t)
		if how == "without the protocol" {
			host.sysctl("net.ipv6.conf.all.disable_ipv6=1")
		}
		h := startHelper(t, "nsenter", "-t", strconv.Itoa(host.pid), "-U", "-n", "--preserve-credentials")
		tap := g.tap(65520)
		g.ip("addr add fd00::100/64 dev tap0 nodad")
		g.ip("route add default via fd00::2")
		h.configure(t, network.StackConfig{Driver: network.StackTap, IPv6: true, HostLoopback: true}, tap)
		g.refusedAtOnce("tcp", "["+outside6+"]:80", syscall.ENETUNREACH)
		g.refusedAtOnce("udp", "["+outside6+"]:80", syscall.ECONNREFUSED)
	}
}

// As for IPv4.
func TestTheHostsLoopbackIsClosedOverIPv6(t *testing.T) {
	g, _ := online(t, withIPv6)
	l := listen(t, "[::]:0")
	reached := make(chan net.Addr, 16)
	serve(l, func(c net.Conn) { reached <- c.RemoteAddr() })
	g.refusedAtOnce("tcp", net.JoinHostPort("fd00::2", strconv.Itoa(l.Addr().(*net.TCPAddr).Port)), syscall.ECONNREFUSED)
	packets, err := net.ListenPacket("udp", "[::]:0") // of both families
	if err != nil {
		t.Fatal(err)
	}
	defer packets.Close()
	at := netip.MustParseAddrPort(packets.LocalAddr().String()).Port()
	for _, to := range []string{
		"::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:192.0.2.1", "fd00::2", "fd00::3", "fd00::100", "fe80::1", "ff02::1", "ff01::1",
	} {
		g.sendRaw(netip.MustParseAddr(to), at)
	}
	g.sendRaw(netip.MustParseAddr(outside6), at) // which is allowed, and comes last
	packets.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, 64)
	n, _, err := packets.ReadFrom(b)
	if err != nil || string(b[:n]) != outside6 {
		t.Errorf("a datagram for %q was the first to arrive: %v", b[:n], err)
	}
	select {
	case who := <-reached:
		t.Errorf("%s reached the host", who)
	default:
	}
}

func TestTheHostsLoopbackCanBeOpenedOverIPv6(t *testing.T) {
	g, _ := online(t, func(c *network.StackConfig) { c.HostLoopback, c.IPv6 = true, true })
	l := listen(t, "[::1]:0")
	serve(l, func(c net.Conn) { io.WriteString(c, "host") })
	to := net.JoinHostPort("fd00::2", strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	got, err := io.ReadAll(must(t)(g.dial("tcp", to)))
	if err != nil || string(got) != "host" {
		t.Errorf("%q, %v", got, err)
	}
	l.Close()
	g.refusedAtOnce("tcp", to, syscall.ECONNREFUSED) // and not what listens at 127.0.0.1
	at := echoUDP(t, "[::1]:0").(*net.UDPAddr).Port
	echoesAnySize(t, must(t)(g.dial("udp", net.JoinHostPort("fd00::2", strconv.Itoa(at)))))
}

// Only the gateway's link address is to be had: the stack takes every address for its own.
func TestTheStackIsNoOtherNeighbourOverIPv6(t *testing.T) {
	g, _ := online(t, withIPv6)
	if _, err := g.dial("tcp", "[fd00::3]:80"); !errors.Is(err, syscall.EHOSTUNREACH) {
		t.Errorf("another neighbour: %v", err)
	}
}
