package netstack

import (
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/urun-project/urun/internal/network"
)

func TestPublishedPortsCarryEverything(t *testing.T) {
	for name, mtu := range map[string]int{"large frames": 65520, "Ethernet's": 1500} {
		t.Run(name, func(t *testing.T) {
			tcp, udp := published(t, "tcp", "", 80), published(t, "udp", "", 81)
			tcp6, udp6 := published(t, "tcp", outside6, 80), published(t, "udp", outside6, 81)
			hello, hello6 := published(t, "tcp", "", 82), published(t, "tcp", outside6, 82)
			broken := published(t, "tcp", "", 83)
			g, _ := online(t, func(c *network.StackConfig) {
				c.MTU, c.IPv6, c.Ports = mtu, true, []network.Port{tcp, udp, tcp6, udp6, hello, hello6, broken}
			})
			g.listeners()
			go http.Serve(g.listen("tcp", ":82"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) }))
			serve(g.listen("tcp", ":83"), breakOff)
			answers(t, outside, tcp, udp)
			answers(t, outside6, tcp6, udp6)
			echoesAnySize(t, must(t)(from("udp", otherOutside, 0, at(outside, udp))))
			echoesAnySize(t, must(t)(from("udp", otherOutside6, 0, at(outside6, udp6))))
			echoesAnySize(t, must(t)(from("udp", "127.0.0.1", 0, at("127.0.0.1", udp))))
			manyShort(t, 25, func() (net.Conn, error) { return from("tcp", otherOutside, 0, at(outside, hello)) })
			manyShort(t, 25, func() (net.Conn, error) { return from("tcp", otherOutside6, 0, at(outside6, hello6)) })
			brokenOff(t, must(t)(from("tcp", otherOutside, 0, at(outside, broken))))
		})
	}
}

// Who connects is told that nobody listens inside; that someone does outside is not to be seen.
func TestAPublishedPortWithoutAServerIsClosedAtOnce(t *testing.T) {
	tcp, tcp6 := published(t, "tcp", "", 80), published(t, "tcp", outside6, 80)
	online(t, func(c *network.StackConfig) { c.IPv6, c.Ports = true, []network.Port{tcp, tcp6} })
	for _, to := range []string{at(outside, tcp), at("127.0.0.1", tcp), at(outside6, tcp6)} {
		began := time.Now()
		c, err := net.Dial("tcp", to)
		if err == nil { // else it has been told already
			_, err = c.Read(make([]byte, 1))
			c.Close()
		}
		if !errors.Is(err, syscall.ECONNRESET) || time.Since(began) > 5*time.Second {
			t.Errorf("%s: %v after %v", to, err, time.Since(began))
		}
	}
}

// Clients that nobody invited cost memory only, and not without end; the container's own flows outlive them.
func TestACrowdOfVisitorsEndsNothingElse(t *testing.T) {
	p := published(t, "udp", outside, 81)
	g, _ := online(t, func(c *network.StackConfig) { c.Ports = []network.Port{p} })
	echoPackets(g.listenPacket(":81"))
	peer, err := net.ListenPacket("udp4", outside+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	own := must(t)(g.dial("udp", peer.LocalAddr().String()))
	outer := func() string {
		t.Helper()
		io.WriteString(own, "out")
		peer.SetReadDeadline(time.Now().Add(patience))
		_, from, err := peer.ReadFrom(make([]byte, 64))
		if err != nil {
			t.Fatal(err)
		}
		return from.String()
	}
	before := outer()
	for i := range maxFlows + 200 {
		c, err := from("udp", otherOutside, 0, at(outside, p))
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(patience))
		io.WriteString(c, "datagram")
		_, err = c.Read(make([]byte, 64))
		c.Close()
		if err != nil {
			t.Fatalf("client %d: %v", i, err)
		}
	}
	if after := outer(); after != before {
		t.Errorf("the container's flow was %s and is %s", before, after)
	}
}
