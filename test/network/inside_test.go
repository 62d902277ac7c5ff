package network

import (
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

func TestTheDeviceInside(t *testing.T) {
	each(t, func(t *testing.T, d driver) {
		r := testenv.Finish(t, d.run("--", "sh", "-c", "ip -o addr; ip route; ip -6 route; ls /sys/class/net"))
		r.OK(t)
		for _, words := range []string{"tap0 inet 10.0.2.100/24", "default via " + d.gateway + " dev tap0"} {
			if !strings.Contains(strings.Join(strings.Fields(r.Stdout), " "), words) {
				t.Errorf("there is no %q in\n%s", words, r.Stdout)
			}
		}
		if d.ipv6 && d.is("slirp4netns") && !strings.Contains(r.Stdout, "fd00::100/64") {
			t.Errorf("there is no fd00::100/64 in\n%s", r.Stdout)
		}
		if !strings.HasSuffix(r.Stdout, "\nlo\ntap0\n") {
			t.Errorf("the devices are others than lo and tap0:\n%s", r.Stdout)
		}
	})
}

func TestOptionsOfADriver(t *testing.T) {
	mtu := []string{"--", "cat", "/sys/class/net/tap0/mtu"}
	each(t, func(t *testing.T, d driver) {
		d.with("mtu=1400").says(t, "1400", mtu...)
		d.with("mtu=9000").says(t, "9000", mtu...)
		_, source := served(t, world(probe, "serve", "source", "tcp", "192.0.2.1:0"))
		d.with("mtu=1280").says(t, "ok 1000000", "--", "probe", "receive", "192.0.2.1:"+source, "1000000")
		other := d.with("cidr=10.9.0.0/24")
		other.says(t, "10.9.0.100/24", "--", "sh", "-c", "ip -o -4 addr show tap0 | awk '{print $4}'")
		other.says(t, d.web(), "--", "probe", "lookup", "web.example.test")
		if d.ipv6 {
			d.with("ipv6=false").says(t, "0", "--", "sh", "-c", "ip -6 -o addr show scope global | wc -l")
		}
	})
}

// A server may want a port below 1024, and who looks whether a network works pings; neither takes a privilege here.
func TestLowPortsAndPingTakeNoPrivilege(t *testing.T) {
	for _, net := range append(drivers(), driver{net: "none"}) {
		t.Run(net.net, func(t *testing.T) {
			net.needs(t)
			t.Parallel()
			for _, who := range []string{"--user=0", "--user=1000"} {
				net.says(t, "0", who, "--", "cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start")
				net.says(t, "ok", who, "--cap-drop", "all", "--", "probe", "ping", "127.0.0.1")
				s, at := served(t, net.run(who, "--cap-drop", "all", "--", "probe", "serve", "echo", "tcp", ":80"))
				if at != "80" {
					t.Errorf("%v listens at %s", s.Args, at)
				}
			}
		})
	}
}

// What else is needed where urun is run by someone who is root of nothing.
func TestAUserOfTheHost(t *testing.T) {
	needs(t)
	w := newWeb(t)
	t.Run("drivers", func(t *testing.T) {
		each(t, func(t *testing.T, d driver) {
			c := d.run("--userns=single", "--", "probe", "fetch", w.v4, "/100000")
			r := testenv.Finish(t, user(c.Args...))
			if r.OK(t); r.Stdout != "HTTP/1.0 200 OK 100000\n" {
				t.Errorf("it says %q", r.Stdout)
			}
		})
	})
}

func TestTheHostsOwnNetwork(t *testing.T) {
	needs(t)
	own, w := driver{net: "host"}, newWeb(t)
	own.says(t, "HTTP/1.0 200 OK 1000", "--", "probe", "fetch", w.v4, "/1000")
	own.says(t, "web.example.test 192.0.2.1 2001:db8::1", "--", "probe", "lookup", "web.example.test")
	own.says(t, "db 10.1.2.3", "--add-host", "db:10.1.2.3", "--", "probe", "lookup", "db")
	own.says(t, "nameserver 192.0.2.9", "--dns", "192.0.2.9", "--", "cat", "/etc/resolv.conf")
	_, local := served(t, host(probe, "serve", "echo", "tcp", "127.0.0.1:0"))
	own.says(t, "connected", "--", "probe", "connect", "tcp", "127.0.0.1:"+local)
}
