package cgroup2

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func TestSharesGoThroughTheKnownPoints(t *testing.T) {
	for shares, want := range map[uint64]uint64{0: 1, 1: 1, 2: 1, 1024: 100, 262144: 10000, 262145: 10000, 1 << 63: 10000} {
		if got := SharesToWeight(shares); got != want {
			t.Errorf("%d shares are the weight %d, want %d", shares, got, want)
		}
	}
	last := uint64(1)
	for shares := uint64(2); shares <= 262144; shares++ {
		got := SharesToWeight(shares)
		if got < last || got > 10000 {
			t.Fatalf("%d shares are the weight %d, and one share less %d", shares, got, last)
		}
		last = got
	}
}

func TestSetsAreReadAndWritten(t *testing.T) {
	for list, want := range map[string]string{
		"0": "0", "0-2,7": "0-2,7", "7,0,1,2": "0-2,7", "3-3": "3", "1,1,1-2": "1-2", " 0-1\n": "0-1", "8191": "8191", "0,2,4": "0,2,4", "007": "7",
	} {
		set, err := ParseSet(list)
		if err != nil || set.String() != want {
			t.Errorf("%q is %q, %v, want %q", list, set, err, want)
		}
	}
	for _, list := range []string{"", ",", "0,", "-1", "1-", "2-1", "+1", "a", "0x1", "1 2", "0--1", "1-2-3", "8192", "0-65535", "99999999999999999999", "\x00"} {
		if set, err := ParseSet(list); err == nil {
			t.Errorf("%q is %v", list, set)
		}
	}
}

// It is how systemd.resource-control's AllowedCPUs goes over the bus.
func TestSetsHaveTheirBits(t *testing.T) {
	for list, want := range map[string][]byte{"0": {1}, "0-2,7": {0x87}, "8": {0, 1}, "15,16": {0, 0x80, 1}} {
		set, err := ParseSet(list)
		must(t, err)
		if got := set.Bits(); string(got) != string(want) {
			t.Errorf("%q is %x, want %x", list, got, want)
		}
	}
	if got := Set(nil).Bits(); got != nil {
		t.Errorf("nothing is %x", got)
	}
}

func TestSetsAreSubtracted(t *testing.T) {
	a, b := Set{0, 1, 2, 7}, Set{1, 7, 9}
	if got := a.Without(b).String(); got != "0,2" {
		t.Errorf("got %s", got)
	}
	if a.String() != "0-2,7" || b.String() != "1,7,9" {
		t.Errorf("the operands are %s and %s now", a, b)
	}
}

func TestCPUsThatAreNotThereAreRefused(t *testing.T) {
	b, err := os.ReadFile("/sys/devices/system/cpu/online")
	if err != nil {
		t.Skip(err) // nothing to compare with, as CheckOnline has it too
	}
	online := strings.TrimSpace(string(b))
	must(t, CheckOnline([]Setting{{File: "cpuset.cpus", Value: online}, {File: "memory.max", Value: "8000"}}))
	err = CheckOnline([]Setting{{File: "cpuset.cpus", Value: online + ",8000"}})
	var offline *OfflineError
	if !errors.As(err, &offline) || offline.Missing.String() != "8000" || offline.Online.String() != online || offline.File != "cpuset.cpus" {
		t.Fatalf("got %#v", err)
	}
	if want := "cpuset.cpus: this machine has no 8000, only " + online; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	if err := CheckOnline([]Setting{{File: "cpuset.cpus", Value: "none"}}); err == nil {
		t.Error("a list that is none was not refused")
	}
}
