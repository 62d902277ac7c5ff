package netstack

import (
	"crypto/sha256"
	"io"
	"net"
	"testing"
	"time"
)

func listen(t testing.TB, at string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// serve answers every connection with f.
func serve(l net.Listener, f func(net.Conn)) {
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); f(c) }()
		}
	}()
}

// digest reads to the end and answers with the checksum of what came.
func digest(c net.Conn) {
	h := sha256.New()
	if _, err := io.Copy(h, c); err == nil {
		c.Write(h.Sum(nil))
	}
}

// echoPackets sends back each datagram.
func echoPackets(c net.PacketConn) {
	go func() {
		b := make([]byte, 65536)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			c.WriteTo(b[:n], from)
		}
	}()
}

func echoUDP(t testing.TB, at string) net.Addr {
	t.Helper()
	c, err := net.ListenPacket("udp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	echoPackets(c)
	return c.LocalAddr()
}

// noise is data that looks like nothing, always the same.
type noise struct{ state uint64 }

func (n *noise) Read(b []byte) (int, error) {
	for i := range b {
		n.state = n.state*6364136223846793005 + 1442695040888963407
		b[i] = byte(n.state >> 56)
	}
	return len(b), nil
}

func someNoise(n int64) io.Reader { return io.LimitReader(&noise{}, n) }

func sumOfNoise(n int64) [32]byte {
	h := sha256.New()
	io.Copy(h, someNoise(n))
	return [32]byte(h.Sum(nil))
}

// must is a connection with a deadline.
func must(t testing.TB) func(net.Conn, error) net.Conn {
	return func(c net.Conn, err error) net.Conn {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(30 * time.Second))
		t.Cleanup(func() { c.Close() })
		return c
	}
}
