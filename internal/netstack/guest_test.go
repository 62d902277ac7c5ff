package netstack

import (
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/containernetworking/plugins/pkg/ns"
	"golang.org/x/sys/unix"
)

// guest is a network namespace as a container has it.
type guest struct {
	t   testing.TB
	pid int
}

func newGuest(t testing.TB) *guest {
	t.Helper()
	c := exec.Command("cat") // until the test ends, however it does
	c.SysProcAttr = ownNamespaces()
	stdin, err := c.StdinPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stdin.Close(); c.Wait() })
	g := &guest{t: t, pid: c.Process.Pid}
	g.ip("link set lo up")
	return g
}

// in runs f on a thread in the namespace; sockets made there stay there.
func (g *guest) in(f func() error) error {
	return ns.WithNetNSPath("/proc/"+strconv.Itoa(g.pid)+"/ns/net", func(ns.NetNS) error { return f() })
}

func (g *guest) ip(args string)     { g.t.Helper(); g.run("ip " + args) }
func (g *guest) sysctl(args string) { g.t.Helper(); g.run("sysctl -qw " + args) }

func (g *guest) run(command string) {
	g.t.Helper()
	args := strings.Fields(command)
	c := exec.Command(args[0], args[1:]...)
	var out []byte
	err := g.in(func() (err error) { out, err = c.CombinedOutput(); return err })
	if err != nil {
		g.t.Fatalf("%s: %v: %s", command, err, out)
	}
}

// tap makes the device as urun does.
func (g *guest) tap(mtu int) *os.File {
	g.t.Helper()
	var fd int
	err := g.in(func() (err error) {
		if fd, err = unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0); err != nil {
			return err
		}
		ifr, err := unix.NewIfreq("tap0")
		if err != nil {
			return err
		}
		ifr.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
		return unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr)
	})
	if err != nil {
		g.t.Fatal(err)
	}
	g.ip("link set tap0 mtu " + strconv.Itoa(mtu) + " up")
	g.ip("ntable change name arp_cache dev tap0 retrans 100") // neighbours that are not there take less time
	g.ip("addr add 10.0.2.100/24 dev tap0")
	g.ip("route add default via 10.0.2.2")
	return os.NewFile(uintptr(fd), "tap")
}

const patience = 10 * time.Second

func (g *guest) dial(network, to string) (net.Conn, error) {
	var c net.Conn
	err := g.in(func() (err error) {
		c, err = net.DialTimeout(network, to, patience)
		return err
	})
	return c, err
}

func (g *guest) listen(network, at string) net.Listener {
	g.t.Helper()
	var l net.Listener
	if err := g.in(func() (err error) { l, err = net.Listen(network, at); return err }); err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { l.Close() })
	return l
}

func (g *guest) listenPacket(at string) net.PacketConn {
	g.t.Helper()
	var c net.PacketConn
	if err := g.in(func() (err error) { c, err = net.ListenPacket("udp", at); return err }); err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { c.Close() })
	return c
}
