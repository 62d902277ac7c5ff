package netstack

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/urun-project/urun/internal/network"
)

// freePort is one that nobody listens at, as far as can be told.
func freePort(t testing.TB) uint16 {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return uint16(l.Addr().(*net.TCPAddr).Port)
}

func published(t testing.TB, proto, at string, to uint16) network.Port {
	p := network.Port{Proto: proto, HostPort: freePort(t), ContainerPort: to}
	if at != "" {
		p.HostIP = netip.MustParseAddr(at)
	}
	return p
}

// listeners are a server for each protocol, in the container.
func (g *guest) listeners() {
	serve(g.listen("tcp", ":80"), digest)
	echoPackets(g.listenPacket(":81"))
}

// answers fails the test unless the servers of the container can be reached at the ports.
func answers(t *testing.T, at string, tcp, udp network.Port) {
	t.Helper()
	c := must(t)(net.Dial("tcp", net.JoinHostPort(at, strconv.Itoa(int(tcp.HostPort)))))
	const size = 4 << 20
	if _, err := io.Copy(c, someNoise(size)); err != nil {
		t.Errorf("%s: %v", at, err)
	}
	c.(*net.TCPConn).CloseWrite()
	want := sumOfNoise(size)
	if got, err := io.ReadAll(c); err != nil || string(got) != string(want[:]) {
		t.Errorf("TCP at %s: %x, %v", at, got, err)
	}
	c = must(t)(net.Dial("udp", net.JoinHostPort(at, strconv.Itoa(int(udp.HostPort)))))
	io.WriteString(c, "datagram")
	b := make([]byte, 64)
	if n, err := c.Read(b); err != nil || string(b[:n]) != "datagram" {
		t.Errorf("UDP at %s: %q, %v", at, b[:n], err)
	}
}

func closedAt(t *testing.T, at string, tcp, udp network.Port) {
	t.Helper()
	if c, err := net.Dial("tcp", net.JoinHostPort(at, strconv.Itoa(int(tcp.HostPort)))); err == nil {
		c.Close()
		t.Errorf("TCP is open at %s", at)
	}
	c := must(t)(net.Dial("udp", net.JoinHostPort(at, strconv.Itoa(int(udp.HostPort)))))
	io.WriteString(c, "datagram")
	if _, err := c.Read(make([]byte, 64)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("UDP at %s: %v", at, err)
	}
}

func TestPublishedPortsThroughTheStack(t *testing.T) {
	everywhereTCP, everywhereUDP := published(t, "tcp", "", 80), published(t, "udp", "", 81)
	tcp6, udp6 := published(t, "tcp", outside6, 80), published(t, "udp", outside6, 81)
	local := published(t, "tcp", "127.0.0.1", 80)
	g, _ := online(t, func(c *network.StackConfig) {
		c.Ports = []network.Port{everywhereTCP, everywhereUDP, tcp6, udp6, local}
	})
	g.listeners()
	answers(t, outside, everywhereTCP, everywhereUDP)
	answers(t, otherOutside, everywhereTCP, everywhereUDP)
	closedAt(t, "::1", everywhereTCP, everywhereUDP)
	answers(t, outside6, tcp6, udp6)
	answers(t, "127.0.0.1", local, everywhereUDP)
	if c, err := net.Dial("tcp", net.JoinHostPort(outside, strconv.Itoa(int(local.HostPort)))); err == nil {
		c.Close()
		t.Error("a port of 127.0.0.1 is open at another address")
	}
}

// Both ways of starting the helper: by urun inside the container's user namespace, and outside.
func TestPublishedPortsThroughTheBuiltinDriver(t *testing.T) {
	for name, inside := range map[string]bool{"helper inside the user namespace": true, "helper outside": false} {
		t.Run(name, func(t *testing.T) {
			g := newGuest(t)
			var through []string
			if inside {
				through = []string{"nsenter", "-t", strconv.Itoa(g.pid), "-U", "--preserve-credentials"}
			}
			h := startHelper(t, through...)
			tcp, udp := published(t, "tcp", "", 80), published(t, "udp", "", 81)
			tcp4, udp4 := published(t, "tcp", outside, 80), published(t, "udp", outside, 81)
			tcp6, udp6 := published(t, "tcp", outside6, 80), published(t, "udp", outside6, 81)
			h.configure(t, network.StackConfig{
				PortHandler: "rootlesskit", PID: g.pid, StateDir: ".",
				Ports: []network.Port{tcp, udp, tcp4, udp4, tcp6, udp6},
			}, nil)
			g.listeners()
			answers(t, "127.0.0.1", tcp, udp)
			closedAt(t, "::1", tcp, udp)
			answers(t, outside, tcp4, udp4)
			answers(t, outside6, tcp6, udp6)
			h.close()
			if status := h.wait(t); status != 0 || h.stderr.Len() > 0 {
				t.Errorf("status %d: %s", status, h.stderr)
			}
		})
	}
}

func TestAPortThatCannotBeHadIsSaid(t *testing.T) {
	taken := listen(t, "127.0.0.1:0").Addr().(*net.TCPAddr).Port
	takenUDP := echoUDP(t, "127.0.0.1:0").(*net.UDPAddr).Port
	for _, p := range []struct {
		proto, at string
		port      int
		want      string
	}{
		{"tcp", "127.0.0.1", taken, "publish 80/tcp at 127.0.0.1:" + strconv.Itoa(taken) + ": tcp port " + strconv.Itoa(taken) + " is in use; choose another"},
		{"udp", "127.0.0.1", takenUDP, "publish 80/udp at 127.0.0.1:" + strconv.Itoa(takenUDP) + ": udp port " + strconv.Itoa(takenUDP) + " is in use; choose another"},
		{"tcp", "203.0.113.5", 8080, "has no such address"},
		{"udp", "203.0.113.5", 8080, "has no such address"},
		{"tcp", "127.0.0.1", 81, "net.ipv4.ip_unprivileged_port_start, which is 1024"},
		{"udp", "127.0.0.1", 81, "net.ipv4.ip_unprivileged_port_start, which is 1024"},
	} {
		for _, handler := range []string{"", "rootlesskit"} {
			g := newGuest(t)
			// Of the container's user namespace, as which nothing is permitted in the network outside.
			h := startHelper(t, "nsenter", "-t", strconv.Itoa(g.pid), "-U", "--preserve-credentials")
			message, err := json.Marshal(network.StackConfig{
				Driver: network.StackTap, MTU: 65520, PID: g.pid, StateDir: ".", PortHandler: handler,
				Ports: []network.Port{{Proto: p.proto, HostIP: netip.MustParseAddr(p.at), HostPort: uint16(p.port), ContainerPort: 80}},
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := h.tell(t, message, g.tap(65520)); !strings.Contains(got, p.want) {
				t.Errorf("%s port %d with handler %q: answered %q", p.proto, p.port, handler, got)
			}
		}
	}
}
