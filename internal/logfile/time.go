package logfile

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseTime reads the time of --since and --until: RFC 3339, also without its zone,
// seconds or clock time, which are those of now then; seconds since 1970; or how long
// before now.
func ParseTime(s string, now time.Time) (time.Time, error) {
	if t, ok := parseUnix(s); ok {
		return t, nil
	}
	if d, err := time.ParseDuration(s); err == nil && !strings.HasPrefix(s, "-") {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		// Fractions of a second are read though no layout has them.
		if t, err := time.ParseInLocation(layout, s, now.Location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time: write 2026-11-26T09:37:37Z, 2026-11-26T09:37, 2026-11-26, "+
		"seconds since 1970 such as 1795685857.5, or 10m for ten minutes ago", s)
}

// parseUnix keeps every digit, which a floating point number would not.
func parseUnix(s string) (t time.Time, ok bool) {
	whole, fraction, dot := strings.Cut(s, ".")
	if dot && (fraction == "" || len(fraction) > 9) {
		return t, false
	}
	sec, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || sec > 253402300799 { // the end of the year 9999
		return t, false
	}
	nsec, err := strconv.ParseUint((fraction + "000000000")[:9], 10, 32)
	return time.Unix(int64(sec), int64(nsec)), err == nil
}
