package network

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

func TestHostEntries(t *testing.T) {
	for s, want := range map[string]string{
		"db:192.0.2.7":      "{192.0.2.7 false [db]}",
		"db:2001:db8::7":    "{2001:db8::7 false [db]}",
		"db:[2001:db8::7]":  "{2001:db8::7 false [db]}",
		"db:::1":            "{::1 false [db]}",
		"db=192.0.2.7":      "{192.0.2.7 false [db]}",
		"a;b.example;c:::1": "{::1 false [a b.example c]}",
		"db:host-gateway":   "{invalid IP true [db]}",
		"db=host-gateway":   "{invalid IP true [db]}",
		"bücher:192.0.2.7":  "{192.0.2.7 false [bücher]}",
	} {
		if got, err := ParseHostEntry(s); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%q: got %v, %v, want %s", s, got, err, want)
		}
	}
	for s, want := range map[string]string{
		"":                  "write NAME:IP",
		"db":                "write NAME:IP, such as db:192.0.2.7, or NAME:host-gateway",
		":192.0.2.7":        `"" is no host name; write NAME:IP`,
		"a;;b:192.0.2.7":    `"" is no host name; `,
		"a b:192.0.2.7":     `"a b" is no host name; `,
		"a\nb:192.0.2.7":    `"a\nb" is no host name; `,
		"#a:192.0.2.7":      `"#a" is no host name; `,
		"a\x7f:192.0.2.7":   `"a\x7f" is no host name; `,
		"db:":               `"" is no IP address; write NAME:IP`,
		"db:192.0.2":        `"192.0.2" is no IP address; `,
		"db:other":          `"other" is no IP address; `,
		"db:HOST-GATEWAY":   `"HOST-GATEWAY" is no IP address; `,
		"db:192.0.2.7\n1.2": `"192.0.2.7\n1.2" is no IP address; `,
	} {
		if got, err := ParseHostEntry(s); err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %v, %v, want %q", s, got, err, want)
		}
	}
}

func TestHostsFile(t *testing.T) {
	const local = "127.0.0.1\tlocalhost localhost.localdomain\n::1\tlocalhost ip6-localhost ip6-loopback\n"
	self, host := netip.MustParseAddr("10.0.2.100"), netip.MustParseAddr("10.0.2.2")
	none := netip.Addr{}
	for _, tt := range []struct {
		name       string
		entries    string
		self, host netip.Addr
		names      []string
		want       string
	}{
		{"nothing known", "", none, none, nil, local},
		{"a name without a network", "", none, none, []string{"box"}, local + "127.0.0.1\tbox\n"},
		{"a network", "", self, none, []string{"box", "web"}, local + "10.0.2.100\tbox web\n"},
		{"a network without a name", "", self, none, nil, local},
		{"the host", "", self, host, []string{"box"}, local + "10.0.2.100\tbox\n10.0.2.2\thost.containers.internal host.docker.internal\n"},
		{"lines that were asked for come first", "db:192.0.2.7 localhost:192.0.2.8", self, none, []string{"box"},
			"192.0.2.7\tdb\n192.0.2.8\tlocalhost\n" + local + "10.0.2.100\tbox\n"},
		{"the host's address by a name", "up;over:host-gateway", none, host, nil,
			"10.0.2.2\tup over\n" + local + "10.0.2.2\thost.containers.internal host.docker.internal\n"},
		{"IPv6", "six:2001:db8::7", none, none, nil, "2001:db8::7\tsix\n" + local},
	} {
		var n Names
		for _, s := range strings.Fields(tt.entries) {
			e, err := ParseHostEntry(s)
			if err != nil {
				t.Fatal(err)
			}
			n.Hosts = append(n.Hosts, e)
		}
		if got := n.HostsFile(tt.self, tt.names, tt.host); got != tt.want {
			t.Errorf("%s: got\n%swant\n%s", tt.name, got, tt.want)
		}
	}
}
