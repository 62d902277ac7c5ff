package netstack

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"
)

// nameServer answers every question for TXT with its own name, and has some names beside.
func nameServer(t *testing.T, at, name string) {
	t.Helper()
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		h := dns.RR_Header{Name: q.Question[0].Name, Rrtype: q.Question[0].Qtype, Class: dns.ClassINET, Ttl: 77}
		switch {
		case h.Name == "gone.example.":
			m.Rcode = dns.RcodeNameError
		case h.Name == "broken.example.":
			m.Rcode = dns.RcodeServerFailure
		case h.Rrtype == dns.TypeAAAA:
			m.Answer = []dns.RR{&dns.AAAA{Hdr: h, AAAA: net.ParseIP(outside6)}}
		case h.Rrtype == dns.TypePTR:
			m.Answer = []dns.RR{&dns.PTR{Hdr: h, Ptr: "host.example."}}
		case h.Name == "large.example.":
			for i := range 100 {
				m.Answer = append(m.Answer, &dns.TXT{Hdr: h, Txt: []string{fmt.Sprint(i, strings.Repeat("x", 100))}})
			}
			if w.RemoteAddr().Network() == "udp" {
				m.Truncate(dns.MinMsgSize)
			}
		case h.Rrtype == dns.TypeTXT:
			m.Answer = []dns.RR{&dns.TXT{Hdr: h, Txt: []string{name}}}
		}
		w.WriteMsg(m)
	})
	for _, network := range []string{"udp", "tcp"} {
		started := make(chan struct{})
		s := &dns.Server{Net: network, Addr: at + ":53", Handler: handler, NotifyStartedFunc: func() { close(started) }}
		failed := make(chan error, 1)
		go func() { failed <- s.ListenAndServe() }()
		select {
		case <-started:
			t.Cleanup(func() { s.Shutdown() })
		case err := <-failed:
			t.Fatal(err)
		}
	}
}

// hostFile puts a file of the test's own over one of the host's, as the helper sees it.
func hostFile(t *testing.T, path, text string) (own string) {
	t.Helper()
	own = filepath.Join(t.TempDir(), filepath.Base(path))
	if err := os.WriteFile(own, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(own, path, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Unmount(path, unix.MNT_DETACH) })
	return own
}

func (g *guest) ask(network, name string, kind uint16) (*dns.Msg, error) {
	conn, err := g.dial(network, "10.0.2.2:53")
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	c := dns.Client{Net: network, Timeout: patience}
	m, _, err := c.ExchangeWithConn(new(dns.Msg).SetQuestion(name, kind), &dns.Conn{Conn: conn})
	return m, err
}

func TestTheGatewayAnswersForTheHostsNameServers(t *testing.T) {
	hostFile(t, "/etc/resolv.conf", "# a name server that is not there comes first\nnameserver "+otherOutside+"\nnameserver "+outside+"\n")
	hostFile(t, "/etc/hosts", "127.0.0.1 localhost\n127.0.1.1 thishost.example\n192.0.2.9 Printer.example printer # upstairs\n")
	nameServer(t, outside, "first")
	g, _ := online(t, nil)
	for _, q := range []struct {
		network, name string
		kind          uint16
		want          string
	}{
		{"udp", "any.example.", dns.TypeTXT, `any.example. 77 IN TXT "first"`},
		{"tcp", "any.example.", dns.TypeTXT, `any.example. 77 IN TXT "first"`},
		{"udp", "any.example.", dns.TypeAAAA, `any.example. 77 IN AAAA ` + outside6},
		{"udp", "1.2.0.192.in-addr.arpa.", dns.TypePTR, `1.2.0.192.in-addr.arpa. 77 IN PTR host.example.`},
		{"udp", "gone.example.", dns.TypeA, `NXDOMAIN`},
		{"udp", "broken.example.", dns.TypeA, `SERVFAIL`},
		{"udp", "empty.example.", dns.TypeA, `NOERROR`},
		{"udp", "printer.EXAMPLE.", dns.TypeA, `printer.EXAMPLE. 0 IN A 192.0.2.9`},
		{"udp", "printer.", dns.TypeAAAA, `NOERROR`},
		{"udp", "thishost.example.", dns.TypeTXT, `thishost.example. 77 IN TXT "first"`},
	} {
		m, err := g.ask(q.network, q.name, q.kind)
		if err != nil {
			t.Errorf("%s over %s: %v", q.name, q.network, err)
			continue
		}
		got := dns.RcodeToString[m.Rcode]
		if len(m.Answer) > 0 {
			got = strings.Join(strings.Fields(m.Answer[0].String()), " ")
		}
		if got != q.want {
			t.Errorf("%s over %s: %s, want %s", q.name, q.network, got, q.want)
		}
	}
	if m, err := g.ask("udp", "large.example.", dns.TypeTXT); err != nil || !m.Truncated {
		t.Errorf("a long answer over UDP: %v, %v", m, err)
	}
	if m, err := g.ask("tcp", "large.example.", dns.TypeTXT); err != nil || len(m.Answer) != 100 {
		t.Errorf("a long answer over TCP: %v, %v", m, err)
	}
}

// A laptop changes its network while the container runs.
func TestTheResolverMayChangeUnderWay(t *testing.T) {
	file := hostFile(t, "/etc/resolv.conf", "nameserver "+outside+"\n")
	nameServer(t, outside, "first")
	nameServer(t, otherOutside, "second")
	g, _ := online(t, nil)
	for _, step := range []struct{ server, want string }{{outside, "first"}, {otherOutside, "second"}, {outside, "first"}} {
		if err := os.WriteFile(file, []byte("nameserver "+step.server+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := g.ask("udp", "who.example.", dns.TypeTXT)
		if err != nil || len(m.Answer) != 1 || m.Answer[0].(*dns.TXT).Txt[0] != step.want {
			t.Errorf("with %s: %v, %v", step.server, m, err)
		}
	}
}
