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
		"::ffff:10.7.0.2": {"", "127.0.0.1"},
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
