package logfile

import (
	"strings"
	"testing"
	"time"
)

func TestTimesAreRead(t *testing.T) {
	here := time.FixedZone("here", 3600)
	now := time.Date(2026, 11, 26, 13, 0, 0, 5, here)
	for in, want := range map[string]time.Time{
		"2026-11-26T09:37:37Z":           time.Date(2026, 11, 26, 9, 37, 37, 0, time.UTC),
		"2026-11-26T09:37:37.123456789Z": time.Date(2026, 11, 26, 9, 37, 37, 123456789, time.UTC),
		"2026-11-26T09:37:37.5-02:00":    time.Date(2026, 11, 26, 11, 37, 37, 5e8, time.UTC),
		"2026-11-26T09:37:37":            time.Date(2026, 11, 26, 9, 37, 37, 0, here),
		"2026-11-26T09:37:37.25":         time.Date(2026, 11, 26, 9, 37, 37, 25e7, here),
		"2026-11-26T09:37":               time.Date(2026, 11, 26, 9, 37, 0, 0, here),
		"2026-11-26":                     time.Date(2026, 11, 26, 0, 0, 0, 0, here),
		"1795685857":                     time.Unix(1795685857, 0),
		"1795685857.5":                   time.Unix(1795685857, 5e8),
		"1795685857.000000001":           time.Unix(1795685857, 1),
		"0":                              time.Unix(0, 0),
		"10m":                            now.Add(-10 * time.Minute),
		"1h30m1.5s":                      now.Add(-90*time.Minute - 1500*time.Millisecond),
	} {
		if got, err := ParseTime(in, now); err != nil || !got.Equal(want) {
			t.Errorf("%q is %v, %v", in, got, err)
		}
	}
}

func TestBadTimesAreExplained(t *testing.T) {
	for _, in := range []string{"", "x", "-10m", "10d", "1.", ".5", "1.0000000001", "1.x", "-5", "+5", "1e9", "99999999999999999999", "253402300800",
		"2026-11", "2026-02-30", "2026-11-26T25:00:00Z", "2026-11-26\n", "10m\x00", "NaN"} {
		got, err := ParseTime(in, after(0))
		if err == nil {
			t.Errorf("%q is %v", in, got)
		} else if s := err.Error(); !strings.Contains(s, "2026-11-26T09:37:37Z") || !strings.Contains(s, "10m") || strings.ContainsAny(s, "\n\x00") {
			t.Errorf("%q: %q", in, s)
		}
	}
}
