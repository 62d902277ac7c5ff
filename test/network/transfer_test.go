package network

import (
	"strings"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

func TestPagesOfTheWorld(t *testing.T) {
	needs(t)
	w := newWeb(t)
	t.Run("drivers", func(t *testing.T) {
		each(t, func(t *testing.T, d driver) {
			d.says(t, "HTTP/1.0 200 OK 1000000", "--", "probe", "fetch", w.v4, "/1000000")
			if d.ipv6 {
				d.says(t, "HTTP/1.0 200 OK 1000000", "--", "probe", "fetch", w.v6, "/1000000")
			}
			d.says(t, "HTTP/1.0 200 OK 10", "--userns=single", "--", "probe", "fetch", w.v4, "/10")
		})
	})
}

func TestLargeTransfersArriveAsTheyWere(t *testing.T) {
	each(t, func(t *testing.T, d driver) {
		if d.lame() {
			t.Skip("an old pasta does not pass on that one end has ended")
		}
		_, sink := served(t, world(probe, "serve", "sink", "tcp", "192.0.2.1:0"))
		_, source := served(t, world(probe, "serve", "source", "tcp", "192.0.2.1:0"))
		much := "64000000"
		if d.is("pasta") {
			much = "1000000" // what goes out through it takes its time on some kernels
		}
		d.says(t, "ok "+much, "--", "probe", "send", "192.0.2.1:"+sink, much)
		d.says(t, "ok 64000000", "--", "probe", "receive", "192.0.2.1:"+source, "64000000")
	})
}

// One end has said all it has to say, and still hears the other.
func TestHalfClosedConnections(t *testing.T) {
	each(t, func(t *testing.T, d driver) {
		if d.lame() {
			t.Skip("an old pasta does not pass on that one end has ended")
		}
		_, sink := served(t, world(probe, "serve", "sink", "tcp", "192.0.2.1:0"))
		d.says(t, "ok 10", "--", "probe", "send", "192.0.2.1:"+sink, "10")
		s, source := served(t, world(probe, "serve", "source", "tcp", "192.0.2.1:0"))
		// The container stays until the rest has arrived: with it would go what its driver has not sent yet.
		c := d.run("--", "sh", "-c", "probe receive 192.0.2.1:"+source+" 10; read x")
		if _, err := c.StdinPipe(); err != nil {
			t.Fatal(err)
		}
		start(t, c).line("ok 10")
		if got := s.line("after"); !strings.HasPrefix(got, "1000 ") {
			t.Errorf("after its end the server got %s, want 1000 bytes", got)
		}
	})
}

func TestAThousandShortConnections(t *testing.T) {
	each(t, func(t *testing.T, d driver) {
		_, echo := served(t, world(probe, "serve", "echo", "tcp", "192.0.2.1:0"))
		d.says(t, "ok 1000", "--", "probe", "many", "192.0.2.1:"+echo, "1000")
	})
}

func TestDatagramsComeBack(t *testing.T) {
	each(t, func(t *testing.T, d driver) {
		_, echo := served(t, world(probe, "serve", "echo", "udp", "192.0.2.1:0"))
		d.says(t, "1 ok\n512 ok\n1400 ok\n4000 ok", "--", "probe", "datagrams", "192.0.2.1:"+echo, "1", "512", "1400", "4000")
		if d.ipv6 {
			_, echo := served(t, world(probe, "serve", "echo", "udp", "[2001:db8::1]:0"))
			d.says(t, "1200 ok", "--", "probe", "datagrams", "[2001:db8::1]:"+echo, "1200")
		}
	})
}

func TestWhoIsNotThereIsAnError(t *testing.T) {
	each(t, func(t *testing.T, d driver) {
		if d.lame() {
			t.Skip("an old pasta lets it hang")
		}
		begin := time.Now()
		d.says(t, "ECONNREFUSED", "--", "probe", "connect", "tcp", "192.0.2.1:1")
		// On a busy machine the first SYN may be lost, and the second comes after a second; nobody's timeout is so short.
		if took := time.Since(begin); took > 4*time.Second {
			t.Errorf("refused after %v", took)
		}
		if d.ipv6 {
			d.says(t, "ECONNREFUSED", "--", "probe", "connect", "tcp", "[2001:db8::1]:1")
		}
		for addr, who := range map[string]string{"198.51.100.1:80": "world", "203.0.113.1:80": "host"} {
			if who == "world" && d.is("slirp4netns", "auto") {
				continue // libslirp does not pass on what a router answers
			}
			r := testenv.Finish(t, d.run("--", "probe", "connect", "tcp", addr))
			if r.Status != 1 || !strings.HasPrefix(r.Stdout, "E") {
				t.Errorf("%s, to which the %s knows no way: exit status %d, %q, want the name of an error", addr, who, r.Status, r.Stdout)
			}
		}
	})
}

// iperf3 is another's idea of a network client, with a control connection beside those that carry the data.
func TestIperfBothWays(t *testing.T) {
	needs(t, "iperf3")
	each(t, func(t *testing.T, d driver) {
		for _, direction := range []string{"--version4", "--reverse"} {
			s := start(t, world("stdbuf", "-oL", "iperf3", "--server", "--one-off", "--bind", "192.0.2.1", "--port", port()))
			s.line("Server listening")
			at := s.Args[len(s.Args)-1]
			c := d.hostRoot("iperf3", "--client", "192.0.2.1", "--port", at, "--bytes", "8M", direction)
			if r := testenv.Finish(t, c); r.Status != 0 {
				t.Errorf("%s: exit status %d\n%s%s", direction, r.Status, r.Stdout, r.Stderr)
			}
		}
	})
}
