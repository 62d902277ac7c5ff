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

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/network"
)

// tellers are servers in the container that say whom they see.
func (g *guest) tellers() {
	serve(g.listen("tcp", ":80"), func(c net.Conn) { io.WriteString(c, c.RemoteAddr().String()) })
	packets := g.listenPacket(":81")
	go func() {
		b := make([]byte, 65536)
		for {
			_, from, err := packets.ReadFrom(b)
			if err != nil {
				return
			}
			packets.WriteTo([]byte(from.String()), from)
		}
	}()
}

// from connects from an address of the host's; a port of 0 is a free one. The address may be shared with other sockets.
func from(network, address string, port uint16, to string) (net.Conn, error) {
	d := net.Dialer{Timeout: patience, Control: shared}
	if address != "" {
		at := netip.AddrPortFrom(netip.MustParseAddr(address), port)
		d.LocalAddr = net.TCPAddrFromAddrPort(at)
		if network == "udp" {
			d.LocalAddr = net.UDPAddrFromAddrPort(at)
		}
	}
	return d.Dial(network, to)
}

func shared(_, _ string, c syscall.RawConn) (err error) {
	return errors.Join(c.Control(func(fd uintptr) {
		err = errors.Join(unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1), unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	}), err)
}

func at(address string, p network.Port) string {
	return net.JoinHostPort(address, strconv.Itoa(int(p.HostPort)))
}

// told is what a teller says: for TCP to the end, for UDP in answer to a datagram.
func told(t *testing.T, c net.Conn) netip.AddrPort {
	t.Helper()
	b := make([]byte, 64)
	n, err := 0, error(nil)
	if _, packets := c.(*net.UDPConn); packets {
		io.WriteString(c, "who?")
		n, err = c.Read(b)
	} else {
		n, err = io.ReadFull(c, b)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = nil
		}
	}
	if err != nil {
		t.Fatalf("%s: %v", c.LocalAddr(), err)
	}
	who := netip.MustParseAddrPort(string(b[:n]))
	return netip.AddrPortFrom(who.Addr().Unmap(), who.Port())
}

func TestTheContainerSeesItsClients(t *testing.T) {
	for name, ipv6 := range map[string]bool{"both families": true, "IPv4": false} {
		t.Run(name, func(t *testing.T) {
			tcp, udp := published(t, "tcp", "", 80), published(t, "udp", "", 81)
			tcp6, udp6 := published(t, "tcp", "::", 80), published(t, "udp", "::", 81)
			g, _ := online(t, func(c *network.StackConfig) {
				c.IPv6, c.Ports = ipv6, []network.Port{tcp, udp, tcp6, udp6}
			})
			g.tellers()
			gateway6, client6 := "fd00::2", "itself"
			if !ipv6 {
				gateway6, client6 = "10.0.2.2", "10.0.2.2"
			}
			for _, c := range []struct{ client, to, want string }{
				{otherOutside, outside, "itself"},
				{outside, otherOutside, "itself"},
				{outside, outside, "itself"}, // the host, by an address of its own
				{"127.0.0.1", "127.0.0.1", "10.0.2.2"},
				{"127.0.0.9", outside, "10.0.2.2"},
				{"10.0.2.2", outside, "10.0.2.2"},
				{"10.0.2.3", outside, "10.0.2.2"},
				{otherOutside6, outside6, client6},
				{"::1", "::1", gateway6},
				{"fd00::3", outside6, gateway6},
			} {
				ports := map[string]network.Port{"tcp": tcp, "udp": udp}
				if netip.MustParseAddr(c.to).Is6() {
					ports = map[string]network.Port{"tcp": tcp6, "udp": udp6}
				}
				for protocol, p := range ports {
					conn := must(t)(from(protocol, c.client, 0, at(c.to, p)))
					got := told(t, conn)
					own := netip.MustParseAddrPort(conn.LocalAddr().String())
					if c.want == "itself" && got != own || c.want != "itself" && (got.Addr().String() != c.want || got == own) {
						t.Errorf("%s from %s to %s: %s was seen, want %s", protocol, own, c.to, got, c.want)
					}
				}
			}
		})
	}
}

// The stack has asked for the container's link address as a client, before the container sent it anything.
func TestTheFirstPacketMayBeAClients(t *testing.T) {
	for client, to := range map[string]string{otherOutside: outside, otherOutside6: outside6} {
		p := published(t, "tcp", to, 80)
		g, _ := online(t, func(c *network.StackConfig) { c.IPv6, c.Ports = true, []network.Port{p} })
		g.tellers()
		began := time.Now()
		if got := told(t, must(t)(from("tcp", client, 0, at(to, p)))); got.Addr().String() != client || time.Since(began) > 500*time.Millisecond {
			t.Errorf("%s was seen as %s after %v", client, got, time.Since(began))
		}
	}
}
