package netstack

import (
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/urun-project/urun/internal/network"
)

const large = 64 << 20

func TestLargeTransfersArriveWhole(t *testing.T) {
	for name, mtu := range map[string]int{"large frames": 65520, "Ethernet's": 1500} {
		t.Run(name, func(t *testing.T) {
			g, _ := online(t, func(c *network.StackConfig) { c.MTU, c.IPv6 = mtu, true })
			g.transfers(large, outside)
			g.transfers(large/4, outside6)
		})
	}
}

// transfers fails the test unless as much as that arrives in both directions.
func (g *guest) transfers(size int64, at string) {
	g.t.Helper()
	at = net.JoinHostPort(at, "0")
	up, down := listen(g.t, at), listen(g.t, at)
	serve(up, digest)
	serve(down, func(c net.Conn) { io.Copy(c, someNoise(size)) })
	want := sumOfNoise(size)

	c := must(g.t)(g.dial("tcp", up.Addr().String()))
	if _, err := io.Copy(c, someNoise(size)); err != nil {
		g.t.Fatal(err)
	}
	c.(*net.TCPConn).CloseWrite()
	if got, err := io.ReadAll(c); err != nil || string(got) != string(want[:]) {
		g.t.Errorf("outward to %s: %x, %v", at, got, err)
	}
	h := sha256.New()
	n, err := io.Copy(h, must(g.t)(g.dial("tcp", down.Addr().String())))
	if err != nil || [32]byte(h.Sum(nil)) != want {
		g.t.Errorf("inward from %s: %d bytes, %v", at, n, err)
	}
}

// The server answers only after the client's end has arrived, and goes on for a while after it.
func TestOneHalfOfAConnectionCanEnd(t *testing.T) {
	g, _ := online(t, withIPv6)
	for _, at := range []string{outside, outside6} {
		l := listen(t, net.JoinHostPort(at, "0"))
		serve(l, digest)
		c := must(t)(g.dial("tcp", l.Addr().String()))
		c.Write([]byte("question"))
		c.(*net.TCPConn).CloseWrite()
		want := sha256.Sum256([]byte("question"))
		if got, err := io.ReadAll(c); err != nil || string(got) != string(want[:]) {
			t.Errorf("%s: %x, %v", at, got, err)
		}
	}
}

func TestARefusalArrivesAtOnce(t *testing.T) {
	g, _ := online(t, nil)
	free := listen(t, outside+":0")
	free.Close()
	for what, to := range map[string]string{
		"no listener": free.Addr().String(), "the gateway": "10.0.2.2:80", "no route": nowhere + ":80", "metadata of a cloud": "169.254.169.254:80",
	} {
		began := time.Now()
		c, err := g.dial("tcp", to)
		if err == nil {
			c.Close()
		}
		if !errors.Is(err, syscall.ECONNREFUSED) || time.Since(began) > 5*time.Second {
			t.Errorf("%s: %v after %v", what, err, time.Since(began))
		}
	}
}

func TestABrokenConnectionIsBrokenInside(t *testing.T) {
	g, _ := online(t, withIPv6)
	for _, at := range []string{outside, outside6} {
		l := listen(t, net.JoinHostPort(at, "0"))
		serve(l, breakOff)
		brokenOff(t, must(t)(g.dial("tcp", l.Addr().String())))
	}
}

// breakOff ends a connection within what it says, once it has been asked to.
func breakOff(c net.Conn) {
	c.Write([]byte("half of it"))
	io.ReadFull(c, make([]byte, 1))
	c.(*net.TCPConn).SetLinger(0)
}

func brokenOff(t *testing.T, c net.Conn) {
	t.Helper()
	io.ReadFull(c, make([]byte, len("half of it")))
	c.Write([]byte("x"))
	if _, err := io.ReadAll(c); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the end of a broken connection: %v", err)
	}
}

func TestManyShortConnections(t *testing.T) {
	g, _ := online(t, withIPv6)
	serveHello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) })
	for at, each := range map[string]int{outside: 125, outside6: 25} {
		l := listen(t, net.JoinHostPort(at, "0"))
		go http.Serve(l, serveHello)
		manyShort(t, each, func() (net.Conn, error) { return g.dial("tcp", l.Addr().String()) })
	}
}

// manyShort makes as many connections as that for each of eight clients, to a server that says hello.
func manyShort(t *testing.T, each int, dial func() (net.Conn, error)) {
	t.Helper()
	const clients = 8
	failed := make(chan error, clients)
	for range clients {
		go func() {
			failed <- func() error {
				for range each {
					c, err := dial()
					if err != nil {
						return err
					}
					io.WriteString(c, "GET /hello HTTP/1.0\r\n\r\n")
					got, err := io.ReadAll(c)
					c.Close()
					if err != nil || !strings.HasSuffix(string(got), "/hello") {
						return errors.Join(err, errors.New(string(got)))
					}
				}
				return nil
			}()
		}()
	}
	for range clients {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}
