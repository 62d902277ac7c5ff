package netstack

import (
	"io"
	"testing"
	"time"

	"github.com/urun-project/urun/internal/network"
)

// A hundred connections that all carry something, and a thousand flows of datagrams.
func BenchmarkMemory(b *testing.B) {
	g, h := online(b, func(c *network.StackConfig) { c.MTU = 65520 })
	l := listen(b, outside+":0")
	serve(l, rounds)
	to := echoUDP(b, outside+":0").String()
	for b.Loop() {
		failed := make(chan error)
		for range 100 {
			go func() {
				failed <- func() error {
					c, err := g.dial("tcp", l.Addr().String())
					if err != nil {
						return err
					}
					defer c.Close()
					io.WriteString(c, "d")
					return take16(c, make([]byte, block))
				}()
			}()
		}
		for range 100 {
			if err := <-failed; err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(h.resident(b), "MiB-connections")
		for range 1000 {
			c, err := g.dial("udp", to)
			if err != nil {
				b.Fatal(err)
			}
			c.SetDeadline(time.Now().Add(patience))
			io.WriteString(c, "datagram")
			if _, err := c.Read(make([]byte, 64)); err != nil {
				b.Fatal(err)
			}
			c.Close()
		}
		b.ReportMetric(h.resident(b), "MiB-flows")
	}
}
