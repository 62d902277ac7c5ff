package network

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

var lastPort atomic.Int32

// port is one of the host's that no other test uses, below those that the kernel gives away.
func port() string { return strconv.Itoa(20000 + int(lastPort.Add(1))) }

// says runs a command that is no container and compares what it prints.
func says(t testing.TB, want string, c testenv.Result) {
	t.Helper()
	if got := strings.TrimSuffix(c.Stdout, "\n"); got != want {
		t.Errorf("says %q, want %q\nstderr: %s", got, want, c.Stderr)
	}
}

// ask runs the probe in the world or on the host.
func fromWorld(t testing.TB, args ...string) testenv.Result {
	t.Helper()
	return testenv.Finish(t, world(append([]string{probe}, args...)...))
}

func fromHost(t testing.TB, args ...string) testenv.Result {
	t.Helper()
	return testenv.Finish(t, host(append([]string{probe}, args...)...))
}

// handlers runs a test with each driver, and with each way of publishing ports where the driver has two.
func handlers(t *testing.T, test func(t *testing.T, d driver)) {
	needs(t)
	for _, d := range drivers() {
		rootlesskits := d.with("port_handler=rootlesskit")
		rootlesskits.source, rootlesskits.deaf = false, false
		for _, d := range []driver{d, rootlesskits} {
			if d.net == "auto" || d.net == rootlesskits.net || d.ports {
				t.Run(d.net, func(t *testing.T) {
					d.needs(t)
					t.Parallel()
					test(t, d)
				})
			}
		}
	}
}

func TestPublishedPorts(t *testing.T) {
	handlers(t, func(t *testing.T, d driver) {
		at := port()
		s, _ := served(t, d.run("-p", at+":80", "--", "probe", "serve", "echo", "tcp", ":80"))
		says(t, "ok 20", fromWorld(t, "many", "192.0.2.2:"+at, "20"))
		if from := s.line("from"); d.source && from != "192.0.2.1" {
			t.Errorf("the server sees %s, and 192.0.2.1 came", from)
		}
		says(t, "ok 20", fromHost(t, "many", "127.0.0.1:"+at, "20"))

		at = port()
		served(t, d.run("-p", at+":80/tcp", "--", "probe", "serve", "sink", "tcp", ":80"))
		says(t, "ok 10000000", fromWorld(t, "send", "192.0.2.2:"+at, "10000000"))
		at = port()
		served(t, d.run("-p", at+":80", "--", "probe", "serve", "source", "tcp", ":80"))
		says(t, "ok 10000000", fromWorld(t, "receive", "192.0.2.2:"+at, "10000000"))
	})
}

func TestPublishedDatagrams(t *testing.T) {
	handlers(t, func(t *testing.T, d driver) {
		at := port()
		s, _ := served(t, d.run("-p", at+":80/udp", "--", "probe", "serve", "echo", "udp", ":80"))
		says(t, "10 ok\n1400 ok", fromWorld(t, "datagrams", "192.0.2.2:"+at, "10", "1400"))
		if from := s.line("from"); d.source && from != "192.0.2.1" {
			t.Errorf("the server sees %s, and 192.0.2.1 came", from)
		}
		if !d.deaf {
			says(t, "10 ok", fromHost(t, "datagrams", "127.0.0.1:"+at, "10"))
		}
	})
}

// What is published at the loopback alone is nobody's business in the world.
func TestPublishedAtOneAddress(t *testing.T) {
	handlers(t, func(t *testing.T, d driver) {
		if d.lame() && !strings.Contains(d.net, "port_handler") {
			t.Skip("an old pasta passes no data from a port at one address")
		}
		at, other := port(), port()
		served(t, d.run("-p", "127.0.0.1:"+at+":80", "-p", "192.0.2.2:"+other+":80", "--", "probe", "serve", "echo", "tcp", ":80"))
		says(t, "ok 4", fromHost(t, "many", "127.0.0.1:"+at, "4"))
		says(t, "ECONNREFUSED", fromWorld(t, "connect", "tcp", "192.0.2.2:"+at))
		says(t, "ok 4", fromWorld(t, "many", "192.0.2.2:"+other, "4"))
		says(t, "ECONNREFUSED", fromHost(t, "connect", "tcp", "127.0.0.1:"+other))
	})
}

func TestRangesOfPorts(t *testing.T) {
	handlers(t, func(t *testing.T, d driver) {
		first := 21000 + 10*int(lastPort.Add(1))
		flag := fmt.Sprintf("%d-%d:80-82", first, first+2)
		s := start(t, d.run("-p", flag, "--", "sh", "-c", "for p in 80 81 82; do probe serve echo tcp :$p & done; wait"))
		for range 3 {
			s.line("listening")
		}
		for i := range 3 {
			says(t, "ok 4", fromWorld(t, "many", fmt.Sprintf("192.0.2.2:%d", first+i), "4"))
		}
	})
}

// A connection to a port behind which nobody listens ends; it does not hang.
func TestAPublishedPortWithoutAServer(t *testing.T) {
	handlers(t, func(t *testing.T, d driver) {
		if d.lame() {
			t.Skip("an old pasta lets it hang")
		}
		at := port()
		start(t, d.run("-p", at+":80", "--", "probe", "sleep")).line("ready")
		begin := time.Now()
		if r := fromWorld(t, "many", "192.0.2.2:"+at, "4"); r.Status != 1 || time.Since(begin) > 5*time.Second {
			t.Errorf("exit status %d after %v: %s", r.Status, time.Since(begin), r.Stdout)
		}
	})
}

func TestPublishedAtAnIPv6Address(t *testing.T) {
	handlers(t, func(t *testing.T, d driver) {
		if own := !strings.Contains(d.net, "port_handler"); own && (d.lame() || d.is("slirp4netns", "auto")) {
			t.Skip("old versions of the program cannot")
		}
		at := port()
		served(t, d.run("-p", "[2001:db8::2]:"+at+":80", "--", "probe", "serve", "echo", "tcp", ":80"))
		says(t, "ok 4", fromWorld(t, "many", "[2001:db8::2]:"+at, "4"))
		says(t, "ECONNREFUSED", fromWorld(t, "connect", "tcp", "192.0.2.2:"+at))
	})
}
