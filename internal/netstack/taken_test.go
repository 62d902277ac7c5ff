package netstack

import (
	"context"
	"crypto/sha256"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/urun-project/urun/internal/network"
)

// The container connects to the address and port that a client is connected from.
func TestAClientAndAServerMayBeOne(t *testing.T) {
	for client, to := range map[string]string{otherOutside: outside, otherOutside6: outside6} {
		p := published(t, "tcp", to, 80)
		g, _ := online(t, func(c *network.StackConfig) { c.IPv6, c.Ports = true, []network.Port{p} })
		serve(g.listen("tcp", ":80"), digest)
		in := must(t)(from("tcp", client, 0, at(to, p)))
		io.Copy(in, someNoise(1<<20))
		same := in.LocalAddr().String()
		l, err := (&net.ListenConfig{Control: shared}).Listen(context.Background(), "tcp", same)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		serve(l, func(c net.Conn) { io.WriteString(c, "out"); digest(c) })
		out := must(t)(g.dial("tcp", same))
		io.ReadFull(out, make([]byte, len("out")))
		io.Copy(out, someNoise(2<<20))
		io.Copy(in, someNoise(3<<20))
		out.(*net.TCPConn).CloseWrite()
		want := sumOfNoise(2 << 20)
		if got, err := io.ReadAll(out); err != nil || string(got) != string(want[:]) {
			t.Errorf("%s, out: %x, %v", client, got, err)
		}
		in.(*net.TCPConn).CloseWrite()
		h := sha256.New()
		io.Copy(h, someNoise(1<<20))
		io.Copy(h, someNoise(3<<20))
		if got, err := io.ReadAll(in); err != nil || string(got) != string(h.Sum(nil)) {
			t.Errorf("%s, in: %x, %v", client, got, err)
		}
	}
}

// The container's connection has the very addresses and ports that the client's would have.
func TestAClientWhosePlaceIsTakenComesFromTheGateway(t *testing.T) {
	tcp, udp, second := published(t, "tcp", outside, 80), published(t, "udp", outside, 81), published(t, "tcp", outside, 80)
	g, _ := online(t, func(c *network.StackConfig) { c.Ports = []network.Port{tcp, udp, second} })

	t.Run("by a connection", func(t *testing.T) {
		l, err := (&net.ListenConfig{Control: shared}).Listen(context.Background(), "tcp", otherOutside+":0")
		if err != nil {
			t.Fatal(err)
		}
		var out net.Conn
		err = g.in(func() (err error) {
			out, err = from("tcp", "10.0.2.100", 80, l.Addr().String())
			return err
		})
		out = must(t)(out, err)
		server := must(t)(l.Accept())
		l.Close()
		var shares net.Listener // its port, with that connection
		if err := g.in(func() (err error) {
			shares, err = (&net.ListenConfig{Control: shared}).Listen(context.Background(), "tcp", "10.0.2.100:80")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		defer shares.Close() // the next one listens there
		serve(shares, func(c net.Conn) { io.WriteString(c, c.RemoteAddr().String()) })
		port := uint16(l.Addr().(*net.TCPAddr).Port)
		if got := told(t, must(t)(from("tcp", otherOutside, port, at(outside, tcp)))); got.Addr().String() != "10.0.2.2" {
			t.Errorf("%s was seen", got)
		}
		io.WriteString(out, "still there")
		b := make([]byte, 64)
		if n, err := server.Read(b); err != nil || string(b[:n]) != "still there" {
			t.Errorf("the container's connection: %q, %v", b[:n], err)
		}
		out.Close()
	})
	t.Run("by the client itself at another port", func(t *testing.T) {
		g.tellers()
		first := must(t)(from("tcp", otherOutside, 0, at(outside, tcp)))
		told(t, first)
		port := uint16(first.LocalAddr().(*net.TCPAddr).Port)
		if got := told(t, must(t)(from("tcp", otherOutside, port, at(outside, second)))); got.Addr().String() != "10.0.2.2" {
			t.Errorf("%s was seen", got)
		}
		packets := must(t)(from("udp", otherOutside, 0, at(outside, udp)))
		port = uint16(packets.LocalAddr().(*net.UDPAddr).Port)
		if got := told(t, packets); got != netip.MustParseAddrPort(packets.LocalAddr().String()) {
			t.Errorf("%s was seen", got)
		}
	})
}

// The same for datagrams, where the container's server may be a client with the same socket.
func TestADatagramsPlaceMayBeTaken(t *testing.T) {
	p := published(t, "udp", outside, 81)
	g, _ := online(t, func(c *network.StackConfig) { c.Ports = []network.Port{p} })
	server := g.listenPacket(":81")
	peer, err := net.ListenPacket("udp4", otherOutside+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	other := g.listenPacket(":0")
	receive := func(c net.PacketConn, want string) netip.AddrPort {
		t.Helper()
		c.SetReadDeadline(time.Now().Add(patience))
		b := make([]byte, 64)
		n, from, err := c.ReadFrom(b)
		if err != nil || string(b[:n]) != want {
			t.Fatalf("%q, want %q, %v", b[:n], want, err)
		}
		a := netip.MustParseAddrPort(from.String())
		return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
	}
	send := func(c net.PacketConn, to netip.AddrPort, text string) {
		t.Helper()
		if _, err := c.WriteTo([]byte(text), net.UDPAddrFromAddrPort(to)); err != nil {
			t.Fatal(err)
		}
	}
	peerAt := netip.MustParseAddrPort(peer.LocalAddr().String())
	port := netip.MustParseAddrPort(at(outside, p))

	// The peer is a visitor; what the container sends to it from another port is another flow.
	send(peer, port, "in")
	if who := receive(server, "in"); who != peerAt {
		t.Errorf("%s was seen", who)
	}
	send(other, peerAt, "out")
	if from := receive(peer, "out"); from == port {
		t.Error("what another socket sent came from the published port")
	} else {
		send(peer, from, "back")
	}
	receive(other, "back")
	send(server, peerAt, "answer")
	if from := receive(peer, "answer"); from != port {
		t.Errorf("an answer came from %s", from)
	}

	// Now it is the container that begins.
	second, err := net.ListenPacket("udp4", otherOutside+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	secondAt := netip.MustParseAddrPort(second.LocalAddr().String())
	send(server, secondAt, "first")
	back := receive(second, "first")
	send(second, port, "in")
	who := receive(server, "in")
	if who.Addr().String() != "10.0.2.2" {
		t.Errorf("%s was seen", who)
	}
	send(server, who, "to the visitor")
	if from := receive(second, "to the visitor"); from != port {
		t.Errorf("an answer came from %s", from)
	}
	send(second, back, "back")
	if from := receive(server, "back"); from != secondAt {
		t.Errorf("an answer to the container came from %s", from)
	}
}
