package network

import (
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// What the other tests measure containers by: the host itself reaches the world, and nothing else.
func TestTheHostReachesTheWorldAndNothingElse(t *testing.T) {
	needs(t)
	w := newWeb(t)
	says := func(want string, args ...string) {
		t.Helper()
		r := testenv.Finish(t, host(append([]string{probe}, args...)...))
		if strings.TrimSpace(r.Stdout) != want {
			t.Errorf("%v: %q, want %q %s", args, r.Stdout, want, r.Stderr)
		}
	}
	says("HTTP/1.0 200 OK 1000000", "fetch", w.v4, "/1000000")
	says("HTTP/1.0 200 OK 1000000", "fetch", w.v6, "/1000000")
	_, echo := served(t, world(probe, "serve", "echo", "tcp", "192.0.2.1:0"))
	says("ok 1000", "many", "192.0.2.1:"+echo, "1000")
	_, sink := served(t, world(probe, "serve", "sink", "tcp", "192.0.2.1:0"))
	says("ok 64000000", "send", "192.0.2.1:"+sink, "64000000")
	s, source := served(t, world(probe, "serve", "source", "tcp", "192.0.2.1:0"))
	says("ok 64000000", "receive", "192.0.2.1:"+source, "64000000")
	if got := s.line("after"); !strings.HasPrefix(got, "1000 ") {
		t.Errorf("behind the half-closed connection came %s", got)
	}
	_, udp := served(t, world(probe, "serve", "echo", "udp", "192.0.2.1:0"))
	says("1 ok\n9000 ok", "datagrams", "192.0.2.1:"+udp, "1", "9000")
	says("ECONNREFUSED", "connect", "tcp", "192.0.2.1:1")
	says("EHOSTUNREACH", "connect", "tcp", "198.51.100.1:80")
	says("web.example.test 192.0.2.1 2001:db8::1\nnothing.example.test unknown", "lookup", "web.example.test", "nothing.example.test")
	r := testenv.Finish(t, host("ip", "-brief", "link"))
	if strings.Count(r.Stdout, "\n") != 2 {
		t.Errorf("the host's interfaces are\n%s", r.Stdout)
	}
}
