package netstack

import (
	"encoding/json"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// Whatever the container asks, an answer from the hosts file is one to that question, has addresses of that file alone, and
// none of them is a loopback's.
func FuzzAnswersFromHosts(f *testing.F) {
	query := func(name string, kind uint16) []byte {
		b, err := new(dns.Msg).SetQuestion(name, kind).Pack()
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	for _, q := range [][]byte{
		query("printer.example.", dns.TypeA), query("PRINTER.example.", dns.TypeAAAA), query(`a\.b.`, dns.TypeA), query(".", dns.TypeA), query("localhost.", dns.TypeA), query("x.", dns.TypeANY),
		[]byte("\x00\x01\x01\x00\x00\x02\x00\x00\x00\x00\x00\x00\xc0\x0c"), nil,
	} {
		f.Add("127.0.0.1 localhost\n192.0.2.9 Printer.example printer # upstairs\n2001:db8::9 printer.example\n", q)
		f.Add("::ffff:127.0.0.1 printer.example x\nfe80::1%eth0 x\n0.0.0.0 .\n192.0.2.1 a.b "+strings.Repeat("y", 300)+"\n", q)
	}
	f.Fuzz(func(t *testing.T, file string, packet []byte) {
		r := &resolver{hostsFile: followed[hosts]{path: "/nonexistent", known: true, value: parseHosts(file)}}
		q := new(dns.Msg)
		if q.Unpack(packet) != nil {
			return
		}
		answer := r.fromHosts(q)
		if answer == nil {
			return
		}
		answer.Compress = true
		b, err := answer.Pack()
		if err != nil {
			t.Fatalf("%q: %v: %v", file, q, err)
		}
		got := new(dns.Msg)
		if err := got.Unpack(b); err != nil || got.Id != q.Id || !got.Response || !slices.Equal(got.Question, q.Question) {
			t.Fatalf("%q: %v is answered %v, %v", file, q, got, err)
		}
		for _, rr := range got.Answer {
			var ip net.IP
			switch rr := rr.(type) {
			case *dns.A:
				ip = rr.A
			case *dns.AAAA:
				ip = rr.AAAA
			}
			a, ok := netip.AddrFromSlice(ip)
			if !ok || a.Unmap().IsLoopback() || rr.Header().Rrtype != q.Question[0].Qtype || rr.Header().Name != q.Question[0].Name {
				t.Fatalf("%q: %v is answered %v", file, q, rr)
			}
		}
	})
}

// A configuration is refused in one line, or the stack can be had with it.
func FuzzConfiguration(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"driver":"tap","mtu":65520,"subnet":"10.0.2.0/24","ipv6":true}`, `{"driver":"tap","subnet":"10.9.8.7/9"}`, `{"driver":"tap","subnet":"255.255.255.255/0"}`, `{"driver":"tap","subnet":"::/8"}`,
		`{"driver":"tap","subnet":"10.0.2.128/25"}`, `{"driver":"tap","subnet":"10.0.2.0/26"}`, `{"driver":"tap","mtu":-1}`, `{"driver":"tap","mtu":575}`, `{"driver":"tap","mtu":1279,"ipv6":true}`, `{"driver":"x\u001b"}`, `{"port_handler":"x"}`,
		`{"driver":"tap","ports":[{"proto":"tcp","host_port":80,"container_port":0}]}`, `{"child":{}}`, `null`, `{"subnet":"x"}`, `{"driver":"tap","subnet":"::ffff:10.0.0.0/100"}`, `{"driver":"rootlesskit","pid":-1}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		var r request
		if json.Unmarshal(message, &r) != nil {
			return
		}
		c, err := checked(r.StackConfig, true)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x1b\x00") {
				t.Fatalf("%s: %q is not one plain line", message, err)
			}
			return
		}
		at := reach{subnet: c.Subnet}
		if c.MTU < 576 || c.MTU > 65521 || !c.Subnet.Contains(at.gateway()) || !c.Subnet.Contains(at.container()) || at.gateway() == at.container() {
			t.Fatalf("%s gives %+v", message, c)
		}
		for _, p := range c.Ports {
			if p.HostPort == 0 || p.ContainerPort == 0 {
				t.Fatalf("%s gives the port %+v", message, p)
			}
		}
	})
}
