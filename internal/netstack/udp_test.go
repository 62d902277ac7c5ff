package netstack

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/urun-project/urun/internal/network"
)

func TestDatagramsOfAnySize(t *testing.T) {
	for name, mtu := range map[string]int{"large frames": 65520, "Ethernet's": 1500} {
		t.Run(name, func(t *testing.T) {
			g, _ := online(t, func(c *network.StackConfig) { c.MTU, c.IPv6 = mtu, true })
			for _, at := range []string{outside, outside6} {
				to := echoUDP(t, net.JoinHostPort(at, "0"))
				echoesAnySize(t, must(t)(g.dial("udp", to.String())))
			}
		})
	}
}

func echoesAnySize(t *testing.T, c net.Conn) {
	t.Helper()
	for _, size := range []int64{0, 1, 1452, 1453, 1472, 1473, 9000, 65507} {
		want, _ := io.ReadAll(someNoise(size))
		if _, err := c.Write(want); err != nil {
			t.Fatalf("send %d bytes: %v", size, err)
		}
		got := make([]byte, 65536)
		n, err := c.Read(got)
		if err != nil || !bytes.Equal(got[:n], want) {
			t.Errorf("%d bytes to %s: %d came back, %v", size, c.RemoteAddr(), n, err)
		}
	}
}

func TestARefusedDatagramIsToldOf(t *testing.T) {
	g, _ := online(t, nil)
	free, err := net.ListenPacket("udp", outside+":0")
	if err != nil {
		t.Fatal(err)
	}
	free.Close()
	for what, to := range map[string]string{"no listener": free.LocalAddr().String(), "the gateway": "10.0.2.2:99", "no route": nowhere + ":99"} {
		c := must(t)(g.dial("udp", to))
		c.SetDeadline(time.Now().Add(patience))
		c.Write([]byte("anybody?"))
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// The stack would answer every ping itself, also for hosts that are not there.
func TestAPingIsTheHosts(t *testing.T) {
	g, _ := online(t, withIPv6)
	for _, p := range []struct {
		to       string
		answered bool
	}{{outside, true}, {"10.0.2.2", true}, {nowhere, false}, {outside6, true}, {"fd00::2", true}, {nowhere6, false}} {
		var out []byte
		err := g.in(func() (err error) {
			out, err = exec.Command("ping", "-n", "-c1", "-W1", p.to).CombinedOutput()
			return err
		})
		if got := err == nil && strings.Contains(string(out), "1 received"); got != p.answered {
			t.Errorf("%s answered: %v, want %v\n%s", p.to, got, p.answered, out)
		}
	}
}

// Each flow costs the host a socket, so there is an end to them; it must not be the new ones that suffer.
func TestThereIsAlwaysRoomForAnotherFlow(t *testing.T) {
	g, _ := online(t, nil)
	to := echoUDP(t, outside+":0").String()
	for i := range maxFlows + 200 {
		c, err := g.dial("udp", to)
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(patience))
		io.WriteString(c, "datagram")
		_, err = c.Read(make([]byte, 64))
		c.Close()
		if err != nil {
			t.Fatalf("flow %d: %v", i, err)
		}
	}
}
