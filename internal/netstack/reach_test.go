package netstack

import (
	"net/netip"
	"testing"
)

func TestWhatMayBeReached(t *testing.T) {
	closed := reach{subnet: netip.MustParsePrefix("10.7.0.0/16")}
	open := closed
	open.hostLoopback = true
	for dst, want := range map[string][2]string{ // closed, open
		"93.184.216.34":   {"93.184.216.34", "93.184.216.34"},
		"10.8.0.1":        {"10.8.0.1", "10.8.0.1"},
		"10.7.0.2":        {"", "127.0.0.1"},
		"10.7.0.100":      {"", ""},
		"10.7.255.1":      {"", ""},
		"127.0.0.1":       {"", ""},
		"0.0.0.0":         {"", ""},
		"169.254.169.254": {"", ""},
		"224.0.0.251":     {"", ""},
		"255.255.255.255": {"", ""},
		"::1":             {"", ""},
		"2001:db8::1":     {"", ""}, // without IPv6
		"::ffff:10.7.0.2": {"", ""},
	} {
		for i, r := range []reach{closed, open} {
			got := ""
			if a, ok := r.host(netip.MustParseAddr(dst)); ok {
				got = a.String()
			}
			if got != want[i] {
				t.Errorf("%s with hostLoopback %v: %q, want %q", dst, r.hostLoopback, got, want[i])
			}
		}
	}
}

func TestWhatMayBeReachedOverIPv6(t *testing.T) {
	closed := reach{subnet: netip.MustParsePrefix("10.7.0.0/16"), ipv6: true}
	open := closed
	open.hostLoopback = true
	for dst, want := range map[string][2]string{ // closed, open
		"2001:db8::1":       {"2001:db8::1", "2001:db8::1"},
		"64:ff9b::c000:201": {"64:ff9b::c000:201", "64:ff9b::c000:201"},
		"fd01::1":           {"fd01::1", "fd01::1"},
		"fd00::2":           {"", "::1"},
		"fd00::100":         {"", ""},
		"fd00::1:2:3:4":     {"", ""},
		"::1":               {"", ""},
		"::":                {"", ""},
		"::127.0.0.1":       {"", ""},
		"::ffff:127.0.0.1":  {"", ""},
		"::ffff:192.0.2.1":  {"", ""},
		"fe80::1":           {"", ""},
		"fe80::1%lo":        {"", ""},
		"ff02::1":           {"", ""},
		"ff0e::1":           {"", ""},
		"fd00:ec2::254":     {"", ""},
	} {
		for i, r := range []reach{closed, open} {
			got := ""
			if a, ok := r.host(netip.MustParseAddr(dst)); ok {
				got = a.String()
			}
			if got != want[i] {
				t.Errorf("%s with hostLoopback %v: %q, want %q", dst, r.hostLoopback, got, want[i])
			}
		}
	}
}

func TestWhomTheContainerSees(t *testing.T) {
	one := reach{subnet: netip.MustParsePrefix("10.7.0.0/16"), hostLoopback: true}
	both := one
	both.ipv6 = true
	for client, want := range map[string][2]string{ // without IPv6, with it
		"192.0.2.1":   {"10.7.0.100 itself", "10.7.0.100 itself"},
		"127.0.0.1":   {"10.7.0.100", "10.7.0.100"},
		"10.7.0.2":    {"10.7.0.100", "10.7.0.100"},
		"10.7.0.100":  {"10.7.0.100", "10.7.0.100"},
		"10.7.3.4":    {"10.7.0.100", "10.7.0.100"},
		"169.254.3.4": {"10.7.0.100", "10.7.0.100"},
		"2001:db8::1": {"10.7.0.100", "fd00::100 itself"},
		"::1":         {"10.7.0.100", "fd00::100"},
		"fe80::1":     {"10.7.0.100", "fd00::100"},
		"fd00::2":     {"10.7.0.100", "fd00::100"},
		"fd00::100":   {"10.7.0.100", "fd00::100"},
		"fd00::5":     {"10.7.0.100", "fd00::100"},
	} {
		for i, r := range []reach{one, both} {
			inside, itself := r.seen(netip.MustParseAddr(client))
			got := inside.String()
			if itself {
				got += " itself"
			}
			if got != want[i] {
				t.Errorf("%s with IPv6 %v: %s, want %s", client, r.ipv6, got, want[i])
			}
		}
	}
}
