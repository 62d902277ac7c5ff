package network

import (
	"encoding/hex"
	"net/netip"
	"testing"
)

// As "ip rule add pref 1 to PREFIX oif tap0 unreachable" sends them.
func TestTheRulesAreTheseMessages(t *testing.T) {
	for prefix, want := range map[string]string{
		"127.0.0.0/8": "3800000020000506010000000000000002080000000000070000000008000100" + "7f000000" + "09001100" + "7461703000000000" + "0800060001000000",
		"::1/128":     "44000000200005060100000000000000" + "0a8000000000000700000000" + "14000100" + "00000000000000000000000000000001" + "09001100" + "7461703000000000" + "0800060001000000",
	} {
		if got := hex.EncodeToString(unreachable(netip.MustParsePrefix(prefix))); got != want {
			t.Errorf("%s: got\n%s, want\n%s", prefix, got, want)
		}
	}
}
