package network

import (
	"fmt"
	"net/netip"
	"testing"
)

// fields prints a resolver's fields, unlike its String.
func fields(r Resolver) string {
	type plain Resolver
	return fmt.Sprint(plain(r))
}

func TestResolvConfIsRead(t *testing.T) {
	for name, tt := range map[string]struct{ file, want string }{
		"empty":               {"", "{[] [] []}"},
		"comments":            {"# nameserver 192.0.2.1\n; nameserver 192.0.2.2\n\n", "{[] [] []}"},
		"one":                 {"nameserver 192.0.2.1\n", "{[192.0.2.1] [] []}"},
		"no newline":          {"nameserver 192.0.2.1", "{[192.0.2.1] [] []}"},
		"carriage returns":    {"nameserver 192.0.2.1\r\nsearch a\r\n", "{[192.0.2.1] [a] []}"},
		"tabs and a comment":  {"nameserver\t192.0.2.1 \t# mine\n", "{[192.0.2.1] [] []}"},
		"more words":          {"nameserver 192.0.2.1 192.0.2.2\n", "{[192.0.2.1] [] []}"},
		"both families":       {"nameserver 192.0.2.1\nnameserver 2001:db8::1\n", "{[192.0.2.1 2001:db8::1] [] []}"},
		"link-local":          {"nameserver fe80::1%eth0\n", "{[fe80::1%eth0] [] []}"},
		"no address":          {"nameserver localhost\nnameserver 1.2.3\nnameserver\nnameserver 192.0.2.300\n", "{[] [] []}"},
		"search":              {"search a.example b.example\n", "{[] [a.example b.example] []}"},
		"domain":              {"domain a.example\n", "{[] [a.example] []}"},
		"domain, then search": {"domain a.example\nsearch b.example\n", "{[] [b.example] []}"},
		"search, then domain": {"search b.example c.example\ndomain a.example\n", "{[] [a.example] []}"},
		"two searches":        {"search a\nsearch b c\n", "{[] [b c] []}"},
		"a search for none":   {"search .\n", "{[] [.] []}"},
		"options":             {"options ndots:2 edns0\noptions trust-ad\n", "{[] [] [ndots:2 edns0 trust-ad]}"},
		"what is not known":   {"sortlist 192.0.2.0\nNAMESERVER 192.0.2.1\nnameservers 192.0.2.1\nlookup file\n", "{[] [] []}"},
		"binary":              {"\x00\xff\x00nameserver 192.0.2.1\n\xff\nnameserver 192.0.2.2\n", "{[192.0.2.2] [] []}"},
	} {
		if got := fields(ParseResolver([]byte(tt.file))); got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}

func TestResolvConfIsWritten(t *testing.T) {
	for want, r := range map[string]Resolver{
		"": {},
		"nameserver 192.0.2.1\nnameserver fe80::1%eth0\nsearch a b\noptions ndots:2 edns0\n": {
			Servers: []string{"192.0.2.1", "fe80::1%eth0"}, Search: []string{"a", "b"}, Options: []string{"ndots:2", "edns0"}},
		"search a\n": {Search: []string{"a"}},
	} {
		if got := r.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// both and four are what a driver with and without IPv6 has inside.
func both() *Addresses { a := addresses(Wish{}, Slirp4netns, true); return &a }
func four() *Addresses { a := addresses(Wish{}, Gvisor, true); return &a }

func TestNameServersInside(t *testing.T) {
	for _, tt := range []struct {
		name    string
		servers []string // the host's
		at      *Addresses
		want    string
	}{
		{"shared network, none", nil, nil, "[]"},
		{"shared network", []string{"127.0.0.53", "fe80::1%eth0"}, nil, "[127.0.0.53 fe80::1%eth0]"},
		{"both, driver with both", []string{"127.0.0.53", "2001:db8::1"}, both(), "[10.0.2.3 fd00::3]"},
		{"v4, driver with both", []string{"192.0.2.1", "192.0.2.2"}, both(), "[10.0.2.3]"},
		{"v6, driver with both", []string{"2001:db8::1"}, both(), "[fd00::3]"},
		{"link-local, driver with both", []string{"fe80::1%eth0"}, both(), "[fd00::3]"},
		{"v4-mapped, driver with both", []string{"::ffff:192.0.2.1"}, both(), "[fd00::3]"},
		{"none yet, driver with both", nil, both(), "[10.0.2.3]"},
		{"v4, driver with v4", []string{"192.0.2.1"}, four(), "[10.0.2.2]"},
		{"v6, driver with v4", []string{"2001:db8::1"}, four(), "[10.0.2.2]"}, // its name server asks either family
		{"link-local, driver with v4", []string{"fe80::1%eth0"}, four(), "[10.0.2.2]"},
		{"both, driver with v4", []string{"2001:db8::1", "192.0.2.1"}, four(), "[10.0.2.2]"},
		{"none yet, driver with v4", nil, four(), "[10.0.2.2]"},
	} {
		if got := fmt.Sprint(Names{}.Resolver(Resolver{Servers: tt.servers}, tt.at).Servers); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestWhatWasAskedForReplacesTheHosts(t *testing.T) {
	host := Resolver{Servers: []string{"127.0.0.53"}, Search: []string{"example.org"}, Options: []string{"edns0"}}
	server := netip.MustParseAddr
	for _, tt := range []struct {
		name  string
		names Names
		want  string
	}{
		{"nothing", Names{}, "{[10.0.2.3] [example.org] [edns0]}"},
		{"servers", Names{Servers: []netip.Addr{server("192.0.2.9"), server("2001:db8::9")}}, "{[192.0.2.9 2001:db8::9] [example.org] [edns0]}"},
		{"search", Names{Search: []string{"a", "b"}}, "{[10.0.2.3] [a b] [edns0]}"},
		{"no search", Names{Search: []string{"."}}, "{[10.0.2.3] [] [edns0]}"},
		{"a dot among others", Names{Search: []string{".", "a"}}, "{[10.0.2.3] [. a] [edns0]}"},
		{"options", Names{Options: []string{"ndots:5"}}, "{[10.0.2.3] [example.org] [ndots:5]}"},
	} {
		if got := fields(tt.names.Resolver(host, both())); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
		if want := tt.name != "nothing"; tt.names.Asked() != want {
			t.Errorf("%s: asked %v, want %v", tt.name, !want, want)
		}
	}
	if got := fields(host); got != "{[127.0.0.53] [example.org] [edns0]}" {
		t.Errorf("the host's became %s", got)
	}
	if !(Names{Hosts: []HostEntry{{}}}).Asked() || (Names{NoDNS: true, NoHosts: true}).Asked() {
		t.Error("what leaves files alone asks for nothing, a line of /etc/hosts does")
	}
	// A host that says "search ." has none either.
	if got := (Names{}).Resolver(Resolver{Search: []string{"."}}, nil).Search; got != nil {
		t.Errorf("search %q", got)
	}
}
