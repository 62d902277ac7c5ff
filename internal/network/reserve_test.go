package network

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
)

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// taken are a TCP and a UDP port of loopback at which the test listens.
func taken(t *testing.T) (tcp, udp uint16) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return netip.MustParseAddrPort(l.Addr().String()).Port(), netip.MustParseAddrPort(p.LocalAddr().String()).Port()
}

func descriptors(t *testing.T) int {
	t.Helper()
	n := 0
	for fd := range 512 {
		if _, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd)); err == nil {
			n++
		}
	}
	return n
}

func TestFreePortsAreChosenAndLetGo(t *testing.T) {
	before := descriptors(t)
	asked := []Port{{Proto: "tcp", HostIP: loopback, ContainerPort: 80}, {Proto: "udp", HostIP: loopback, ContainerPort: 53}, {Proto: "tcp", HostIP: loopback, ContainerPort: 81}}
	got, err := Reserve(asked)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range got {
		if p.HostPort == 0 || p.ContainerPort != asked[i].ContainerPort || p.Proto != asked[i].Proto || p.HostIP != loopback {
			t.Errorf("%+v became %+v", asked[i], p)
		}
		if asked[i].HostPort != 0 {
			t.Error("the caller's list was changed")
		}
	}
	if got[0].HostPort == got[2].HostPort {
		t.Errorf("port %d was chosen twice", got[0].HostPort)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors became %d", before, after)
	}
	// What was chosen can be asked for.
	if again, err := Reserve(got); err != nil || show(again) != show(got) {
		t.Errorf("got %s, %v, want %s", show(again), err, show(got))
	}
}

func TestPortsThatCannotBeHad(t *testing.T) {
	tcp, udp := taken(t)
	other := func(proto string, port uint16) Port {
		return Port{Proto: proto, HostIP: loopback, HostPort: port, ContainerPort: 80}
	}
	free, err := Reserve([]Port{other("udp", 0)})
	if err != nil {
		t.Fatal(err)
	}
	before := descriptors(t)
	for name, tt := range map[string]struct {
		ports  []Port
		bad    int // which of them
		errno  error
		advice string
	}{
		"taken, tcp":     {[]Port{other("tcp", 0), other("tcp", tcp)}, 1, unix.EADDRINUSE, "something listens there already; choose another port of the host, or 0 for one that is free"},
		"taken, udp":     {[]Port{other("udp", udp)}, 0, unix.EADDRINUSE, "something listens there already"},
		"elsewhere":      {[]Port{{Proto: "tcp", HostIP: netip.MustParseAddr("192.0.2.1"), HostPort: 8080, ContainerPort: 80}}, 0, unix.EADDRNOTAVAIL, "the host has no such address; ip addr lists those it has"},
		"elsewhere, udp": {[]Port{{Proto: "udp", HostIP: netip.MustParseAddr("192.0.2.1"), ContainerPort: 80}}, 0, unix.EADDRNOTAVAIL, "the host has no such address"},
		"twice":          {[]Port{other("tcp", 0), free[0], free[0]}, 2, errTwice, "the host's port can lead to one place; leave one of them out"},
	} {
		got, err := Reserve(tt.ports)
		var e *PortError
		switch {
		case !errors.As(err, &e) || !errors.Is(err, tt.errno) || got != nil:
			t.Errorf("%s: got %s, %v, want %v", name, show(got), err, tt.errno)
		case e.Port != tt.ports[tt.bad] || !strings.HasPrefix(e.Error(), "listen at "+e.Port.Proto+" "+e.Port.Host()+": "):
			t.Errorf("%s: %v is of %+v", name, e, e.Port)
		case !strings.HasPrefix(e.Advice(), tt.advice):
			t.Errorf("%s: advises %q, want %q", name, e.Advice(), tt.advice)
		}
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors became %d", before, after)
	}
}

// Below the host's limit, which may be lower than 1024.
func TestPrivilegedPortsAreRefusedWhereTheHostSaysSo(t *testing.T) {
	testenv.Unprivileged(t)
	b, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	if err != nil {
		t.Fatal(err)
	}
	start, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	if start < 2 {
		testenv.Skip(t, "every port is for users here")
	}
	_, err = Reserve([]Port{{Proto: "tcp", HostIP: loopback, HostPort: 1, ContainerPort: 80}})
	var e *PortError
	if !errors.As(err, &e) || !errors.Is(err, unix.EACCES) || !strings.Contains(e.Advice(), "net.ipv4.ip_unprivileged_port_start") {
		t.Fatalf("got %v", err)
	}
	// The same port is free as soon as none in particular is wanted.
	if _, err := Reserve([]Port{{Proto: "tcp", HostIP: loopback, ContainerPort: 80}}); err != nil {
		t.Error(err)
	}
}

func TestPortsThatCollide(t *testing.T) {
	six := netip.IPv6Loopback()
	port := func(ip netip.Addr, proto string, n uint16) Port { return Port{Proto: proto, HostIP: ip, HostPort: n} }
	any4 := netip.Addr{}
	for _, tt := range []struct {
		a, b Port
		want bool
	}{
		{port(any4, "tcp", 80), port(any4, "tcp", 80), true},
		{port(any4, "tcp", 80), port(any4, "udp", 80), false},
		{port(any4, "tcp", 80), port(any4, "tcp", 81), false},
		{port(loopback, "tcp", 80), port(any4, "tcp", 80), true},
		{port(loopback, "tcp", 80), port(netip.MustParseAddr("127.0.0.2"), "tcp", 80), false},
		{port(six, "tcp", 80), port(any4, "tcp", 80), false}, // all addresses are all of IPv4
		{port(six, "tcp", 80), port(six, "tcp", 80), true},
	} {
		if got := tt.a.collides(tt.b); got != tt.want {
			t.Errorf("%s %s and %s %s: %v, want %v", tt.a.Proto, tt.a.Host(), tt.b.Proto, tt.b.Host(), got, tt.want)
		}
		if tt.a.collides(tt.b) != tt.b.collides(tt.a) {
			t.Errorf("%s and %s: it depends on the order", tt.a.Host(), tt.b.Host())
		}
	}
}

func TestAdviceIsAboutTheErrorAndThePort(t *testing.T) {
	for _, tt := range []struct {
		port uint16
		err  error
		want string
	}{
		{80, unix.EACCES, "choose another (8080, say)"},
		{443, os.NewSyscallError("bind", unix.EACCES), "choose another (8443, say)"},
		{7, &net.OpError{Op: "listen", Err: unix.EACCES}, "choose another (8007, say)"},
		{80, unix.EADDRINUSE, "something listens there already"},
		{80, unix.EADDRNOTAVAIL, "the host has no such address"},
		{80, errTwice, "the host's port can lead to one place; leave one of them out"},
		{80, unix.EAFNOSUPPORT, "choose another port or address"},
		{80, errors.New("bad request"), "choose another port or address"},
	} {
		if got := (&PortError{Port{HostPort: tt.port}, tt.err}).Advice(); !strings.Contains(got, tt.want) {
			t.Errorf("%d, %v: %q, want %q in it", tt.port, tt.err, got, tt.want)
		}
	}
}
