package netstack

import (
	"io"
	"net/netip"
	"testing"

	"github.com/urun-project/urun/internal/network"
)

func TestRootlesskitsOwnDriver(t *testing.T) {
	g, h := newGuest(t), startHelper(t)
	tcp, udp := published(t, "tcp", "127.0.0.1", 80), published(t, "udp", "127.0.0.1", 81)
	h.configure(t, network.StackConfig{
		Driver: network.StackRootlesskit, MTU: 65520, Subnet: netip.MustParsePrefix("10.0.2.0/24"), PID: g.pid, StateDir: ".",
		Ports: []network.Port{tcp, udp},
	}, nil)
	l := listen(t, outside+":0")
	serve(l, digest)
	g.listeners()
	c := must(t)(g.dial("tcp", l.Addr().String()))
	const size = 4 << 20
	if _, err := io.Copy(c, someNoise(size)); err != nil {
		t.Fatal(err)
	}
	c.(interface{ CloseWrite() error }).CloseWrite()
	want := sumOfNoise(size)
	if got, err := io.ReadAll(c); err != nil || string(got) != string(want[:]) {
		t.Errorf("%x, %v", got, err)
	}
	answers(t, "127.0.0.1", tcp, udp)
	h.close()
	if status := h.wait(t); status != 0 || h.stderr.Len() > 0 {
		t.Errorf("status %d: %s", status, h.stderr)
	}
}
