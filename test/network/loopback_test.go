package network

import (
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// What listens at the host's loopback trusts who can connect to it: databases, debuggers, the X server.
func TestTheHostsLoopbackIsClosed(t *testing.T) {
	each(t, func(t *testing.T, d driver) {
		_, four := served(t, host(probe, "serve", "echo", "tcp", "127.0.0.1:0"))
		_, six := served(t, host(probe, "serve", "echo", "tcp", "[::1]:0"))
		udp, datagrams := served(t, host(probe, "serve", "echo", "udp", "127.0.0.1:0"))
		var attempts []string
		for _, addr := range []string{d.gateway, "10.0.2.2", "10.0.2.3", "127.0.0.1", "192.0.2.2", "0.0.0.0", "10.0.2.100"} {
			attempts = append(attempts, "tcp "+addr+":"+four)
		}
		for _, addr := range []string{"[fd00::2]", "[fd00::3]", "[::1]", "[2001:db8::2]", "[::ffff:127.0.0.1]", "[fe80::2%tap0]"} {
			attempts = append(attempts, "tcp "+addr+":"+six)
		}
		script := "for a in '" + strings.Join(attempts, "' '") + "'; do probe connect $a | sed \"s/^/$a /\" & done | grep connected; wait"
		d.says(t, "", "--", "sh", "-c", script)
		r := testenv.Finish(t, d.run("--", "probe", "datagrams", d.gateway+":"+datagrams, "10"))
		if strings.Contains(r.Stdout, "ok") {
			t.Errorf("a datagram came back from the host's loopback: %s", r.Stdout)
		}
		// Keeps away: a socket bound to the device sends packets for 127.0.0.1 to the driver, which connected there.
		if !d.lame() {
			testenv.Finish(t, d.run("-u", "1000", "--", "probe", "datagrams-by", "tap0", "127.0.0.1:"+datagrams, "10"))
		}
		select {
		case line := <-udp.lines:
			t.Errorf("a datagram reached the host's loopback: %s", line)
		default:
		}
	})
}

func TestTheHostsLoopbackOnRequest(t *testing.T) {
	each(t, func(t *testing.T, d driver) {
		d = d.with("host-loopback")
		_, tcp := served(t, host(probe, "serve", "echo", "tcp", "127.0.0.1:0"))
		_, udp := served(t, host(probe, "serve", "echo", "udp", "127.0.0.1:0"))
		d.says(t, "connected", "--", "probe", "connect", "tcp", d.gateway+":"+tcp)
		d.says(t, "10 ok", "--", "probe", "datagrams", d.gateway+":"+udp, "10")
	})
}

// Abstract sockets belong to a network namespace, not to a file system: a container that shares the host's can talk to
// its session bus and its X server (CVE-2020-15257).
func TestTheHostsAbstractSocketsAreOutOfReach(t *testing.T) {
	each(t, func(t *testing.T, d driver) {
		start(t, host(probe, "listen", "abstract", "urun-"+t.Name())).line("listening")
		d.says(t, "ECONNREFUSED", "--", "probe", "connect", "abstract", "urun-"+t.Name())
		d.says(t, "ECONNREFUSED", "--userns=single", "--", "probe", "connect", "abstract", "urun-"+t.Name())
	})
}
