package network

import (
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// write prints a wish as --net has it.
func (w Wish) write() string {
	if w.Mode == Container {
		return "container:" + w.Container
	}
	var options []string
	add := func(yes bool, option string) {
		if yes {
			options = append(options, option)
		}
	}
	add(w.HostLoopback, "host-loopback")
	add(w.MTU != 0, "mtu="+strconv.Itoa(w.MTU))
	add(w.NoIPv6, "ipv6=false")
	add(w.Subnet.IsValid(), "cidr="+w.Subnet.String())
	add(w.PortHandler != "", "port_handler="+w.PortHandler)
	add(w.Rootlesskit, "rootlesskit")
	if len(options) == 0 {
		return string(w.Mode)
	}
	return string(w.Mode) + ":" + strings.Join(options, ",")
}

// plain fails the test unless an error is one line that a terminal does not obey.
func plain(t *testing.T, s string, err error) {
	t.Helper()
	if strings.ContainsAny(err.Error(), "\n\r\x1b\x00") {
		t.Errorf("%q: %q is not one plain line", s, err)
	}
}

func FuzzParseMode(f *testing.F) {
	for _, s := range []string{"", "auto", "none", "host", "slirp4netns:", "pasta:ipv6=false,mtu=1500", "gvisor:rootlesskit", "container:web", "container:", "container::",
		"auto:host-loopback=no", "slirp4netns:allow_host_loopback=true,enable_ipv6=0,port_handler=slirp4netns", "auto:cidr=10.9.8.7/9", "auto:cidr=::/8", "auto:,", "auto:=",
		"auto:mtu=+1500", "auto:port_handler=rootlesskit", "bridge", "ns:/x", "auto:\x1b", "none:x", "auto:cidr=127.0.0.0/8"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var w, again Wish
		if err := w.ParseMode(s); err != nil {
			plain(t, s, err)
			return
		}
		if err := again.ParseMode(w.write()); err != nil || !reflect.DeepEqual(w, again) {
			t.Errorf("%q: %+v is written %q and read as %+v, %v", s, w, w.write(), again, err)
		}
		for _, m := range []Mode{Slirp4netns, Pasta, Gvisor} {
			a := addresses(w, m, true)
			if inside, err := a.IP.Prefix(a.Bits); err != nil || !inside.Contains(a.Gateway) || !inside.Contains(a.DNS) || a.IP == a.Gateway {
				t.Errorf("%q for %s: %+v", s, m, a)
			}
		}
	})
}

func FuzzParsePublish(f *testing.F) {
	for _, s := range []string{"", "80", "8080:80", "127.0.0.1:8080:80/udp", "[::1]:8080:80", "8000-8009:80-89", "0:80-89", "::80", ":", "[", "]:", "[]:", "[::1]", "1:2:3:4", "80/", "/", "-",
		"70000", "0", "99999999999999999999:1", "[fe80::1%a/b]:1:2", "[fe80::1%]:]:1:2", "[::ffff:192.0.2.1]:1:2", "80/TCP", "+1", "1-65535", "\x1b[31m", "65535-65535:65535", "0.0.0.0:1:2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := ParseExpose(s); err != nil {
			plain(t, s, err)
		} else if strings.Contains(s, ":") {
			t.Errorf("%q was exposed", s)
		}
		ports, err := ParsePublish(s)
		if err != nil {
			plain(t, s, err)
			return
		}
		if len(ports) == 0 || len(ports) > 65535 {
			t.Fatalf("%q: %d ports", s, len(ports))
		}
		for i, p := range ports {
			again, err := ParsePublish(p.Host() + ":" + p.Container())
			if err != nil || len(again) != 1 || again[0] != p {
				t.Fatalf("%q: %+v is written %s:%s and read as %+v, %v", s, p, p.Host(), p.Container(), again, err)
			}
			if i > 0 && (p.ContainerPort != ports[i-1].ContainerPort+1 || p.HostPort != 0 && p.HostPort != ports[i-1].HostPort+1) {
				t.Fatalf("%q: %+v follows %+v", s, p, ports[i-1])
			}
			if i > 3 {
				break
			}
		}
	})
}

func FuzzParseHostEntry(f *testing.F) {
	for _, s := range []string{"", "db:192.0.2.7", "db=192.0.2.7", "a;b:::1", "db:[::1]", "db:host-gateway", "db:", ":1", ";:1", "a b:1.2.3.4", "#:1.2.3.4", "a\n:1.2.3.4", "a=b:1.2.3.4",
		"db:fe80::1%eth0", "db:fe80::1%a]", "db:[[::1]]", "\xff:1.2.3.4", "a=b=1.2.3.4", "a\u00a0b:1.2.3.4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := ParseHostEntry(s)
		if err != nil {
			plain(t, s, err)
			return
		}
		ip := HostGateway
		if !e.Gateway {
			ip = e.IP.String()
		}
		written := strings.Join(e.Names, ";") + ":" + ip
		if again, err := ParseHostEntry(written); err != nil || !reflect.DeepEqual(e, again) {
			t.Errorf("%q: %+v is written %q and read as %+v, %v", s, e, written, again, err)
		}
		if e.IP.Zone() != "" {
			return
		}
		// One line, which has no more than the names.
		file := Names{Hosts: []HostEntry{e}}.HostsFile(netip.Addr{}, nil, netip.MustParseAddr("192.0.2.1"))
		first, rest, _ := strings.Cut(file, "\n")
		if words := strings.Fields(first); len(words) != len(e.Names)+1 || !strings.HasPrefix(rest, "127.0.0.1\tlocalhost ") {
			t.Errorf("%q: %q", s, file)
		}
	})
}

func FuzzParseResolver(f *testing.F) {
	for _, s := range []string{"", "nameserver 192.0.2.1\nnameserver fe80::1%eth0\nsearch a b\noptions ndots:2", "domain a", "domain a # b", "search . ; x", "nameserver x", "options", "\x00",
		"nameserver\t::1\r\nsearch\va", "search #", "search a\nsearch", "options a\noptions b\n\n", "nameserver 1.2.3.4 5.6.7.8"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := ParseResolver(b)
		if again := ParseResolver([]byte(r.String())); !reflect.DeepEqual(r, again) {
			t.Errorf("%q: %+v is written %q and read as %+v", b, fields(r), r.String(), fields(again))
		}
		for _, at := range []*Addresses{nil, both(), four()} {
			inside := Names{}.Resolver(r, at)
			if (len(inside.Servers) > 0) != (at != nil || len(r.Servers) > 0) {
				t.Errorf("%q: %v inside, %v outside", b, inside.Servers, r.Servers)
			}
			for _, s := range inside.Servers {
				if _, err := netip.ParseAddr(s); err != nil {
					t.Errorf("%q: %v", b, err)
				}
			}
		}
	})
}

// The age of a pasta is eight digits of its version, which can be compared as text, or there is none.
func FuzzAge(f *testing.F) {
	for _, s := range []string{"pasta 2024_06_24.1ee2eca", "pasta 0.0~git20240624.1ee2eca-1", "pasta", "", "pasta 2024", "pasta 2024_06_2x.", "pasta ２0240624.", "pasta 0.0~git", "pasta 20240624", "x\x1b 2024_06_24.y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := age(s)
		if n, err := strconv.ParseUint(got, 10, 64); got != "" && (err != nil || n > 99999999 || len(got) != 8) {
			t.Fatalf("%q is of %q", s, got)
		}
		if !strings.Contains(strings.ReplaceAll(s, "_", ""), got) {
			t.Fatalf("%q is of %q", s, got)
		}
	})
}
