package network

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

func TestModesAndTheirOptions(t *testing.T) {
	cidr := netip.MustParsePrefix("10.9.0.0/24")
	for _, tt := range []struct {
		s    string
		want Wish
	}{
		{"auto", Wish{Mode: Auto}},
		{"none", Wish{Mode: None}},
		{"host", Wish{Mode: Host}},
		{"slirp4netns", Wish{Mode: Slirp4netns}},
		{"pasta", Wish{Mode: Pasta}},
		{"gvisor", Wish{Mode: Gvisor}},
		{"container:web", Wish{Mode: Container, Container: "web"}},
		{"container:a:b", Wish{Mode: Container, Container: "a:b"}},
		{"slirp4netns:", Wish{Mode: Slirp4netns}},
		{"auto:host-loopback", Wish{Mode: Auto, HostLoopback: true}},
		{"auto:host-loopback=true", Wish{Mode: Auto, HostLoopback: true}},
		{"auto:host-loopback=1,host-loopback=no", Wish{Mode: Auto}},
		{"gvisor:mtu=576", Wish{Mode: Gvisor, MTU: 576}},
		{"gvisor:mtu=65520", Wish{Mode: Gvisor, MTU: 65520}},
		{"pasta:ipv6=false", Wish{Mode: Pasta, NoIPv6: true}},
		{"pasta:ipv6=0,ipv6", Wish{Mode: Pasta}},
		{"pasta:ipv6=yes", Wish{Mode: Pasta}},
		{"auto:cidr=10.9.0.7/24", Wish{Mode: Auto, Subnet: cidr}},
		{"auto:cidr=10.0.0.0/8", Wish{Mode: Auto, Subnet: netip.MustParsePrefix("10.0.0.0/8")}},
		{"auto:cidr=10.9.0.128/25", Wish{Mode: Auto, Subnet: netip.MustParsePrefix("10.9.0.128/25")}},
		{"auto:cidr=126.0.0.0/8", Wish{Mode: Auto, Subnet: netip.MustParsePrefix("126.0.0.0/8")}},
		{"auto:cidr=223.255.255.0/24", Wish{Mode: Auto, Subnet: netip.MustParsePrefix("223.255.255.0/24")}},
		{"auto:port_handler=rootlesskit", Wish{Mode: Auto, PortHandler: RootlesskitPorts}},
		{"slirp4netns:rootlesskit", Wish{Mode: Slirp4netns, Rootlesskit: true}},
		{"gvisor:rootlesskit=true,rootlesskit=false", Wish{Mode: Gvisor}},
		// podman's names of the same.
		{"slirp4netns:allow_host_loopback=true,enable_ipv6=false,port_handler=slirp4netns", Wish{Mode: Slirp4netns, HostLoopback: true, NoIPv6: true}},
		{"slirp4netns:mtu=1500,cidr=10.9.0.0/24,port_handler=rootlesskit", Wish{Mode: Slirp4netns, MTU: 1500, Subnet: cidr, PortHandler: RootlesskitPorts}},
		{"auto:port_handler=slirp4netns", Wish{Mode: Auto}},
	} {
		var got Wish
		if err := got.ParseMode(tt.s); err != nil || fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%q: got %+v, %v, want %+v", tt.s, got, err, tt.want)
		}
	}
}

// Each error says what to write instead.
func TestWrongModesAreRefused(t *testing.T) {
	const loopback = "write true or false"
	for s, want := range map[string]string{
		"":                                    "there is no such network; write auto, none, host, slirp4netns, pasta, gvisor or container:NAME",
		"Auto":                                "there is no such network; ",
		"auto ":                               "there is no such network; ",
		"slirp":                               "there is no such network; ",
		"bridge":                              "each container has a network of its own by default, and there is no bridge between them; leave it out, or " + modeHelp,
		"private":                             "each container has a network of its own by default, ",
		"bridge:x":                            "each container has a network of its own by default, ",
		"ns:/run/netns/a":                     "a network namespace by its path is not there yet; " + modeHelp,
		"container":                           "write container:NAME, with the name or id of a container that runs",
		"container:":                          "write container:NAME, with the name or id of a container that runs",
		"none:":                               "the mode none takes no options",
		"host:mtu=1500":                       "the mode host takes no options",
		"auto:quux":                           `there is no option "quux"; ` + optionHelp,
		"auto:quux=1":                         `there is no option "quux"; `,
		"auto:MTU=1500":                       `there is no option "MTU"; `,
		"auto:=1":                             "an option is empty; " + optionHelp,
		"auto:,":                              "an option is empty; ",
		"auto:ipv6=false,":                    "an option is empty; ",
		"auto:host-loopback=maybe":            "host-loopback: " + loopback,
		"auto:host-loopback=":                 "host-loopback: " + loopback,
		"auto:allow_host_loopback=on":         "allow_host_loopback: " + loopback,
		"auto:ipv6=":                          "ipv6: " + loopback,
		"auto:enable_ipv6=True":               "enable_ipv6: " + loopback,
		"pasta:rootlesskit=x":                 "rootlesskit: " + loopback,
		"auto:mtu":                            "mtu: write a number of bytes from 576 to 65520",
		"auto:mtu=":                           "mtu: write a number",
		"auto:mtu=575":                        "mtu: write a number",
		"auto:mtu=65521":                      "mtu: write a number",
		"auto:mtu=-1500":                      "mtu: write a number",
		"auto:mtu=1500.0":                     "mtu: write a number",
		"auto:mtu=99999999999999999999":       "mtu: write a number",
		"auto:cidr":                           "cidr: write an IPv4 network of 8 to 25 bits, such as 10.9.0.0/24: the container is .100 in it",
		"auto:cidr=10.9.0.0":                  "cidr: write an IPv4 network",
		"auto:cidr=10.9.0.0/26":               "cidr: write an IPv4 network",
		"auto:cidr=10.0.0.0/7":                "cidr: write an IPv4 network",
		"auto:cidr=fd00::/24":                 "cidr: write an IPv4 network",
		"auto:cidr=::ffff:10.0.0.0/24":        "cidr: write an IPv4 network",
		"auto:cidr=10.9.0.0/33":               "cidr: write an IPv4 network",
		"auto:cidr=127.0.0.0/8":               "cidr: 127.0.0.0/8 has a meaning of its own; write a private network, such as 10.9.0.0/24",
		"auto:cidr=0.0.0.0/8":                 "cidr: 0.0.0.0/8 has a meaning of its own",
		"auto:cidr=169.254.9.0/24":            "cidr: 169.254.9.0/24 has a meaning of its own",
		"auto:cidr=224.0.0.0/8":               "cidr: 224.0.0.0/8 has a meaning of its own",
		"auto:cidr=255.255.255.0/24":          "cidr: 255.255.255.0/24 has a meaning of its own",
		"auto:port_handler":                   "port_handler: there is rootlesskit (fast, without the client's address), and slirp4netns for that driver",
		"auto:port_handler=implicit":          "port_handler: there is rootlesskit",
		"pasta:port_handler=slirp4netns":      "port_handler=slirp4netns is for --net slirp4netns",
		"gvisor:port_handler=slirp4netns":     "port_handler=slirp4netns is for --net slirp4netns",
		"auto:rootlesskit":                    "rootlesskit: name the driver that it is to be: slirp4netns, pasta or gvisor",
		"auto:mtu=1500,rootlesskit=true":      "rootlesskit: name the driver",
		"slirp4netns:outbound_addr=192.0.2.1": `there is no option "outbound_addr"; `,
		"auto:\x1b[31m\n":                     `there is no option "\x1b[31m\n"; `,
	} {
		var w Wish
		err := w.ParseMode(s)
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("%q: got %q, want one line that begins %q", s, err, want)
		}
	}
}

func TestADriverIsWantedByTheModesThatNeedOne(t *testing.T) {
	for _, m := range []Mode{Auto, Slirp4netns, Pasta, Gvisor, None, Host, Container, ""} {
		want := m == Auto || m == Slirp4netns || m == Pasta || m == Gvisor
		if got := (Wish{Mode: m}).Driven(); got != want {
			t.Errorf("%q: %v, want %v", m, got, want)
		}
	}
}
