package netstack

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// peerMAC is the container's.
const peerMAC = "\x02\x00\x00\x00\x00\x01"

// wire is a stack whose tap device is a socket.
type wire struct {
	fd  int
	buf []byte
}

func newWire(t testing.TB, r reach) *wire {
	t.Helper()
	w, n := unready(t, r)
	close(n.gate.open)
	return w
}

func unready(t testing.TB, r reach) (*wire, *virtualNetwork) {
	t.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	died := make(chan error, 1)
	n, err := newVirtualNetwork(r, 1500, os.NewFile(uintptr(pair[0]), "tap"), died)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(pair[1]); n.Close() })
	return &wire{fd: pair[1], buf: make([]byte, 64<<10)}, n
}

// send sends a frame as the container would.
func (w *wire) send(t testing.TB, protocol tcpip.NetworkProtocolNumber, packet []byte) {
	t.Helper()
	frame := append(binary.BigEndian.AppendUint16([]byte(string(gatewayMAC)+peerMAC), uint16(protocol)), packet...)
	if _, err := unix.Write(w.fd, frame); err != nil {
		t.Fatal(err)
	}
}

// next is the next frame of the stack's, or nil when none comes.
func (w *wire) next(patience time.Duration) []byte {
	fds := []unix.PollFd{{Fd: int32(w.fd), Events: unix.POLLIN}}
	if n, _ := unix.Poll(fds, int(patience.Milliseconds())); n != 1 {
		return nil
	}
	n, err := unix.Read(w.fd, w.buf)
	if err != nil {
		return nil
	}
	return w.buf[:n]
}

func question(r reach) []byte {
	b := make([]byte, header.ARPSize)
	arp := header.ARP(b)
	arp.SetIPv4OverEthernet()
	arp.SetOp(header.ARPRequest)
	copy(arp.HardwareAddressSender(), peerMAC)
	copy(arp.ProtocolAddressSender(), r.container().AsSlice())
	copy(arp.ProtocolAddressTarget(), r.gateway().AsSlice())
	return b
}

// A container with CAP_NET_RAW sends whatever frames it likes. After each the stack still answers, and what it has sent goes to
// the container's own addresses and comes from no loopback's.
func FuzzPackets(f *testing.F) {
	r := reach{subnet: netip.MustParsePrefix("10.0.2.0/24"), ipv6: true}
	four := func(protocol tcpip.TransportProtocolNumber, dst string, payload string) []byte {
		b := make([]byte, header.IPv4MinimumSize+len(payload))
		copy(ipHeader(b, r.container(), netip.MustParseAddr(dst), protocol).Payload(), payload)
		return b
	}
	six := func(protocol tcpip.TransportProtocolNumber, src, dst string, payload string) []byte {
		b := make([]byte, header.IPv6MinimumSize+len(payload))
		copy(ip6Header(b, netip.MustParseAddr(src), netip.MustParseAddr(dst), protocol).Payload(), payload)
		return b
	}
	const (
		syn  = "\x80\x00\x00\x50\x00\x00\x00\x01\x00\x00\x00\x00\x50\x02\xff\xff\x00\x00\x00\x00"
		udp  = "\x80\x00\x00\x07\x00\x09\x00\x00x"
		echo = "\x08\x00\x00\x00\x00\x01\x00\x01x"
		ask  = "\x87\x00\x00\x00\x00\x00\x00\x00\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x01\x01" + peerMAC
	)
	for _, dst := range []string{outside, nowhere, "10.0.2.2", "10.0.2.100", "127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "169.254.169.254"} {
		f.Add(uint16(header.IPv4ProtocolNumber), four(header.TCPProtocolNumber, dst, syn))
		f.Add(uint16(header.IPv4ProtocolNumber), four(header.UDPProtocolNumber, dst, udp))
		f.Add(uint16(header.IPv4ProtocolNumber), four(header.ICMPv4ProtocolNumber, dst, echo))
	}
	for _, dst := range []string{outside6, unreachable6, "fd00::2", "fd00::100", "::1", "::", "::ffff:127.0.0.1", "ff02::1", "fe80::1"} {
		f.Add(uint16(header.IPv6ProtocolNumber), six(header.TCPProtocolNumber, "fd00::100", dst, syn))
		f.Add(uint16(header.IPv6ProtocolNumber), six(header.UDPProtocolNumber, "fd00::100", dst, udp))
		f.Add(uint16(header.IPv6ProtocolNumber), six(header.ICMPv6ProtocolNumber, "fe80::5", dst, ask))
	}
	f.Add(uint16(header.IPv6ProtocolNumber), six(tcpip.TransportProtocolNumber(header.IPv6FragmentExtHdrIdentifier), "fd00::100", outside6, "\x11\x00\x00\x01\x00\x00\x00\x01"+udp))
	f.Add(uint16(header.ARPProtocolNumber), question(r))
	f.Add(uint16(0x8100), []byte("x"))
	w := newWire(f, r)
	f.Fuzz(func(t *testing.T, protocol uint16, packet []byte) {
		if len(packet) > 1500 {
			return
		}
		w.send(t, tcpip.NetworkProtocolNumber(protocol), packet)
		for begun := time.Now(); time.Since(begun) < patience; {
			w.send(t, header.ARPProtocolNumber, question(r))
			for frame := w.next(time.Second); frame != nil; frame = w.next(time.Second) {
				if len(frame) < header.EthernetMinimumSize || header.Ethernet(frame).SourceAddress() != gatewayMAC {
					t.Fatalf("%#x %x: sent %x", protocol, packet, frame)
				}
				body := frame[header.EthernetMinimumSize:]
				switch header.Ethernet(frame).Type() {
				case header.IPv4ProtocolNumber:
					ip := header.IPv4(body)
					if !ip.IsValid(len(body)) || addr(ip.DestinationAddress()) != r.container() || addr(ip.SourceAddress()).IsLoopback() {
						t.Fatalf("%#x %x: sent %x", protocol, packet, frame)
					}
				case header.IPv6ProtocolNumber:
					ip := header.IPv6(body)
					if to := addr(ip.DestinationAddress()); !ip.IsValid(len(body)) || to != container6() && !to.IsLinkLocalUnicast() && !to.IsMulticast() || addr(ip.SourceAddress()).IsLoopback() {
						t.Fatalf("%#x %x: sent %x", protocol, packet, frame)
					}
				case header.ARPProtocolNumber:
					if reply := header.ARP(body); reply.IsValid() && reply.Op() == header.ARPReply && bytes.Equal(reply.ProtocolAddressSender(), r.gateway().AsSlice()) {
						return
					}
				}
			}
		}
		t.Fatalf("%#x %x: the stack is silent", protocol, packet)
	})
}
