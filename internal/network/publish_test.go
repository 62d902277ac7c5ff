package network

import (
	"net/netip"
	"strings"
	"testing"
)

// show prints ports as HOST->CONTAINER.
func show(ports []Port) string {
	list := make([]string, len(ports))
	for i, p := range ports {
		list[i] = p.Host() + "->" + p.Container()
	}
	return strings.Join(list, " ")
}

func TestPublishedPorts(t *testing.T) {
	for s, want := range map[string]string{
		"80":                     "0.0.0.0:0->80/tcp",
		"80/udp":                 "0.0.0.0:0->80/udp",
		"80/TCP":                 "0.0.0.0:0->80/tcp",
		"8080:80":                "0.0.0.0:8080->80/tcp",
		"8080:80/udp":            "0.0.0.0:8080->80/udp",
		"0:80":                   "0.0.0.0:0->80/tcp",
		":80":                    "0.0.0.0:0->80/tcp",
		"::80":                   "0.0.0.0:0->80/tcp",
		"1:65535":                "0.0.0.0:1->65535/tcp",
		"65535:1":                "0.0.0.0:65535->1/tcp",
		"127.0.0.1:8080:80":      "127.0.0.1:8080->80/tcp",
		"127.0.0.1::80":          "127.0.0.1:0->80/tcp",
		"0.0.0.0:8080:80":        "0.0.0.0:8080->80/tcp",
		"[::1]:8080:80":          "[::1]:8080->80/tcp",
		"[::1]:8080:80/udp":      "[::1]:8080->80/udp",
		"[::]:8080:80":           "[::]:8080->80/tcp",
		"[::1]::80":              "[::1]:0->80/tcp",
		"[::1]:80":               "[::1]:0->80/tcp",
		"[fe80::1%eth0]:8080:80": "[fe80::1%eth0]:8080->80/tcp",
		"8000-8002:80-82":        "0.0.0.0:8000->80/tcp 0.0.0.0:8001->81/tcp 0.0.0.0:8002->82/tcp",
		"8000-8001:80-81/udp":    "0.0.0.0:8000->80/udp 0.0.0.0:8001->81/udp",
		"0:80-81":                "0.0.0.0:0->80/tcp 0.0.0.0:0->81/tcp",
		"80-81":                  "0.0.0.0:0->80/tcp 0.0.0.0:0->81/tcp",
		"80-80":                  "0.0.0.0:0->80/tcp",
		"8000-8000:80":           "0.0.0.0:8000->80/tcp",
		"65534-65535:1-2":        "0.0.0.0:65534->1/tcp 0.0.0.0:65535->2/tcp",
		"[::1]:8000-8001:80-81":  "[::1]:8000->80/tcp [::1]:8001->81/tcp",
	} {
		if got, err := ParsePublish(s); err != nil || show(got) != want {
			t.Errorf("%q: got %s, %v, want %s", s, show(got), err, want)
		}
	}
}

// The host's address is left open where it is that of all: what Reserve and the drivers take for all addresses.
func TestEveryAddressIsNoAddress(t *testing.T) {
	for s, want := range map[string]netip.Addr{"80": {}, "8080:80": {}, "0.0.0.0:8080:80": {}, "[::]:8080:80": netip.IPv6Unspecified()} {
		if got, err := ParsePublish(s); err != nil || got[0].HostIP != want {
			t.Errorf("%q: got %v, %v, want %v", s, got, err, want)
		}
	}
}

func TestAWholeRangeCanBePublished(t *testing.T) {
	got, err := ParsePublish("1-65535:1-65535")
	if err != nil || len(got) != 65535 || got[65534].HostPort != 65535 || got[65534].ContainerPort != 65535 {
		t.Errorf("got %d ports, %v", len(got), err)
	}
}

func TestWrongPublishesAreRefused(t *testing.T) {
	const (
		in  = "the container's port: "
		out = "the host's port: "
	)
	for s, want := range map[string]string{
		"":                             publishHelp,
		"/tcp":                         in + "it is missing; " + publishHelp,
		":":                            in + "it is missing; ",
		"8080:":                        in + "it is missing; ",
		"-":                            in + "it is missing; ",
		"80-":                          in + "it is missing; ",
		"-80":                          in + "it is missing; ",
		"80-81-82":                     in + `"81-82" is no number; ` + publishHelp,
		"http":                         in + `"http" is no number; `,
		"+80":                          in + `"+80" is no number; `,
		"0x50":                         in + `"0x50" is no number; `,
		"8_0":                          in + `"8_0" is no number; `,
		"80 ":                          in + `"80 " is no number; `,
		"8080:\x1b\n":                  in + `"\x1b\n" is no number; `,
		"0":                            in + "0 is no port to listen at; write one from 1 to 65535",
		"8080:0":                       in + "0 is no port to listen at; ",
		"0-1":                          in + "a range begins at 1 or above",
		"70000":                        in + "70000 is too large; ports go from 1 to 65535",
		"65536":                        in + "65536 is too large; ",
		"8080:70000":                   in + "70000 is too large; ",
		"80-70000":                     in + "70000 is too large; ",
		"8080:99999999999999999999999": in + "99999999999999999999999 is too large; ",
		"81-80":                        in + `"81-80" ends before it begins`,
		"70000:80":                     out + "70000 is too large; ports go from 1 to 65535",
		"http:80":                      out + `"http" is no number; `,
		"0-1:80-81":                    out + "a range begins at 1 or above",
		"8001-8000:80-81":              out + `"8001-8000" ends before it begins`,
		"8000-8009:80":                 "the ranges have 10 and 1 ports; they must be equally long",
		"8000:80-81":                   "the ranges have 1 and 2 ports; they must be equally long",
		"8000-8002:80-81/udp":          "the ranges have 3 and 2 ports; they must be equally long",
		"80/sctp":                      `there is tcp and udp, and no "sctp"; ` + publishHelp,
		"80/":                          `there is tcp and udp, and no ""; `,
		"80/tcp/udp":                   `there is tcp and udp, and no "tcp/udp"; `,
		"localhost:8080:80":            `"localhost" is no IP address; write one, such as 127.0.0.1`,
		"127.0.0.1:80":                 out + `"127.0.0.1" is no number; `,
		"127.0.0.256:1:2":              `"127.0.0.256" is no IP address; `,
		"::1:8080:80":                  "too many colons; an IPv6 address stands in brackets: [::1]:8080:80",
		"1:2:3:4":                      "too many colons; ",
		"[::1]":                        `"[" is no IP address; `,
		"[127.0.0.1]:1:2":              `"127.0.0.1" is no IPv6 address; ` + publishHelp,
		"[]:1:2":                       `"" is no IPv6 address; `,
		"[fe80::1%]:1:2":               `"fe80::1%" is no IPv6 address; `,
		"[::1:8080:80":                 "too many colons; ",
	} {
		got, err := ParsePublish(s)
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("%q: got %s, %q, want one line that begins %q", s, show(got), err, want)
		}
	}
}

func TestExposedPortsHaveNoHostsSide(t *testing.T) {
	for s, want := range map[string]string{
		"80": "0.0.0.0:0->80/tcp", "53/udp": "0.0.0.0:0->53/udp", "80-81": "0.0.0.0:0->80/tcp 0.0.0.0:0->81/tcp",
	} {
		if got, err := ParseExpose(s); err != nil || show(got) != want {
			t.Errorf("%q: got %s, %v, want %s", s, show(got), err, want)
		}
	}
	for s, want := range map[string]string{
		"8080:80":  "write PORT[/tcp|udp], or --publish to choose the host's port",
		"[::1]:80": "write PORT[/tcp|udp]",
		":80":      "write PORT[/tcp|udp]",
		"0":        "the container's port: 0 is no port to listen at; ",
		"70000":    "the container's port: 70000 is too large; ",
		"80/icmp":  `there is tcp and udp, and no "icmp"; `,
		"":         publishHelp,
	} {
		if got, err := ParseExpose(s); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %s, %v, want %q", s, show(got), err, want)
		}
	}
}
