package netstack

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"github.com/urun-project/urun/internal/network"
)

// The host listens at all of its addresses, among them one that the container takes for its gateway's.
func TestTheHostsLoopbackIsClosed(t *testing.T) {
	g, _ := online(t, nil)
	l := listen(t, "0.0.0.0:0")
	reached := make(chan net.Addr, 16)
	serve(l, func(c net.Conn) { reached <- c.RemoteAddr() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for _, to := range []string{"10.0.2.2", "10.0.2.3", "10.0.2.0", "10.0.2.255", "169.254.1.2"} {
		if c, err := g.dial("tcp", net.JoinHostPort(to, port)); err == nil {
			c.Close()
			t.Errorf("%s was reached", to)
		}
	}
	packets, err := net.ListenPacket("udp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer packets.Close()
	at := netip.MustParseAddrPort(packets.LocalAddr().String()).Port()
	// Only a raw socket sends these out; container root may have one.
	for _, to := range []string{"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.1.2.3", "10.0.2.2", "10.0.2.3", "255.255.255.255", "10.0.2.255", "224.0.0.1"} {
		g.sendRaw(netip.MustParseAddr(to), at)
	}
	g.sendRaw(netip.MustParseAddr(outside), at) // which is allowed, and comes last
	packets.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, 64)
	n, _, err := packets.ReadFrom(b)
	if err != nil || string(b[:n]) != outside {
		t.Errorf("a datagram for %q was the first to arrive: %v", b[:n], err)
	}
	select {
	case who := <-reached:
		t.Errorf("%s reached the host", who)
	default:
	}
}

func TestTheHostsLoopbackCanBeOpened(t *testing.T) {
	g, _ := online(t, func(c *network.StackConfig) { c.HostLoopback = true })
	l := listen(t, "127.0.0.1:0")
	serve(l, func(c net.Conn) { io.WriteString(c, "host") })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	got, err := io.ReadAll(must(t)(g.dial("tcp", "10.0.2.2:"+port)))
	if err != nil || string(got) != "host" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := g.dial("tcp", "10.0.2.3:"+port); !errors.Is(err, syscall.EHOSTUNREACH) {
		t.Errorf("another address: %v", err)
	}
	_, port, _ = net.SplitHostPort(echoUDP(t, "127.0.0.1:0").String())
	c := must(t)(g.dial("udp", "10.0.2.2:"+port))
	io.WriteString(c, "host")
	b := make([]byte, 64)
	if n, err := c.Read(b); err != nil || string(b[:n]) != "host" {
		t.Errorf("%q, %v", b[:n], err)
	}
}

// sendRaw sends a frame with a datagram to the gateway's link address. The datagram says whom it is for.
func (g *guest) sendRaw(to netip.Addr, port uint16) {
	g.t.Helper()
	text := to.String()
	size, from := header.IPv4MinimumSize, netip.MustParseAddr("10.0.2.100")
	if to.Is6() {
		size, from = header.IPv6MinimumSize, container6()
	}
	frame := make([]byte, header.EthernetMinimumSize+size+header.UDPMinimumSize+len(text))
	header.Ethernet(frame).Encode(&header.EthernetFields{SrcAddr: "\x02\x00\x00\x00\x00\x01", DstAddr: gatewayMAC, Type: protocol(to)})
	packet := frame[header.EthernetMinimumSize:]
	if to.Is6() {
		ip6Header(packet, from, to, header.UDPProtocolNumber)
	} else {
		ipHeader(packet, from, to, header.UDPProtocolNumber)
	}
	udp := header.UDP(packet[size:])
	udp.Encode(&header.UDPFields{SrcPort: 5353, DstPort: port, Length: uint16(len(udp))})
	copy(udp.Payload(), text)
	sum := header.PseudoHeaderChecksum(header.UDPProtocolNumber, address(from), address(to), uint16(len(udp)))
	udp.SetChecksum(^udp.CalculateChecksum(checksum.Checksum(udp.Payload(), sum)))
	err := g.in(func() error {
		dev, err := net.InterfaceByName("tap0")
		if err != nil {
			return err
		}
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		return unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: dev.Index})
	})
	if err != nil {
		g.t.Fatal(err)
	}
}
