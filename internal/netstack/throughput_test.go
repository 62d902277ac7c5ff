package netstack

import (
	"io"
	"net"
	"net/netip"
	"strconv"
	"testing"

	"github.com/urun-project/urun/internal/network"
)

const (
	round = 16 << 20 // bytes, of which a connection that lasts carries one after the other
	block = 256 << 10
)

func send16(c net.Conn, b []byte) {
	for range round / block {
		c.Write(b)
	}
}

func take16(c net.Conn, b []byte) (err error) {
	for range round / block {
		_, err = io.ReadFull(c, b)
	}
	return err
}

// rounds takes a round and answers with a byte when asked with u, and sends one when asked with d.
func rounds(c net.Conn) {
	command, b := make([]byte, 1), make([]byte, block)
	for {
		if _, err := io.ReadFull(c, command); err != nil {
			return
		}
		if command[0] == 'd' {
			send16(c, b)
		} else if take16(c, b) == nil {
			c.Write(command)
		}
	}
}

// Each way beside the loopback device, which is the most there can be.
func BenchmarkThroughput(b *testing.B) {
	local := netip.MustParseAddr("127.0.0.1")
	stacks := network.Port{Proto: "tcp", HostIP: local, HostPort: freePort(b), ContainerPort: 80}
	g, h := online(b, func(c *network.StackConfig) { c.IPv6, c.Ports = true, []network.Port{stacks} })
	builtins := network.Port{Proto: "tcp", HostIP: local, HostPort: freePort(b), ContainerPort: 80}
	startHelper(b).configure(b, network.StackConfig{PortHandler: "rootlesskit", PID: g.pid, StateDir: ".", Ports: []network.Port{builtins}}, nil)
	world := listen(b, outside+":0")
	serve(world, rounds)
	world6 := listen(b, "["+outside6+"]:0")
	serve(world6, rounds)
	serve(g.listen("tcp", ":80"), rounds)
	for _, way := range []struct {
		name string
		dial func() (net.Conn, error)
	}{
		{"loopback", func() (net.Conn, error) { return net.Dial("tcp", world.Addr().String()) }},
		{"from inside", func() (net.Conn, error) { return g.dial("tcp", world.Addr().String()) }},
		{"from inside, IPv6", func() (net.Conn, error) { return g.dial("tcp", world6.Addr().String()) }},
		{"to a port", func() (net.Conn, error) { return net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(int(stacks.HostPort))) }},
		{"to a port, builtin", func() (net.Conn, error) { return net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(int(builtins.HostPort))) }},
	} {
		for _, command := range []string{"u", "d"} {
			b.Run(way.name+"/"+map[string]string{"u": "send", "d": "receive"}[command], func(b *testing.B) {
				c, err := way.dial()
				if err != nil {
					b.Fatal(err)
				}
				defer c.Close()
				b.SetBytes(round)
				buf := make([]byte, block)
				for b.Loop() {
					io.WriteString(c, command)
					if command == "d" {
						err = take16(c, buf)
					} else {
						send16(c, buf)
						_, err = io.ReadFull(c, buf[:1])
					}
					if err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(h.resident(b), "MiB-stack")
			})
		}
	}
}
