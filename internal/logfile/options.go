package logfile

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Options say how much of the output is kept.
type Options struct {
	MaxSize  int64 // bytes of one file; 0: no limit
	MaxFiles int   // how many are kept, the one that is written included; at least 1
}

const (
	smallestSize = 4 << 10
	// mostFiles is what a reader can have open.
	mostFiles = 1000
)

// ParseOptions reads the values of --log-opt. Of a key that is there twice the last one
// counts, as with docker.
func ParseOptions(list []string) (Options, error) {
	o := Options{MaxSize: 20 << 20, MaxFiles: 5}
	for _, opt := range list {
		key, value, _ := strings.Cut(opt, "=")
		switch key {
		case "max-size":
			n, ok := parseSize(value)
			if !ok {
				return o, fmt.Errorf("--log-opt %s: write a size such as 10m, or -1 for no limit", plain(opt))
			}
			if n != 0 && n < smallestSize {
				return o, fmt.Errorf("--log-opt %s: the least is 4k; -1 is no limit", plain(opt))
			}
			o.MaxSize = n
		case "max-file":
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > mostFiles {
				return o, fmt.Errorf("--log-opt %s: write a number from 1 to %d", plain(opt), mostFiles)
			}
			o.MaxFiles = n
		default:
			return o, fmt.Errorf("--log-opt %s: there is max-size and max-file", plain(opt))
		}
	}
	return o, nil
}

// parseSize reads a number of bytes with one of docker's units, powers of 1024 in any
// case. No limit is 0.
func parseSize(s string) (bytes int64, ok bool) {
	if s == "-1" {
		return 0, true
	}
	s = strings.ToLower(s)
	digits := strings.TrimRight(s, "bikmg")
	shift, known := map[string]uint{
		"": 0, "b": 0, "k": 10, "kb": 10, "kib": 10, "m": 20, "mb": 20, "mib": 20, "g": 30, "gb": 30, "gib": 30,
	}[s[len(digits):]]
	n, err := strconv.ParseUint(digits, 10, 63)
	// Nought is no limit to some tools and no log to others.
	if !known || err != nil || n == 0 || n > math.MaxInt64>>shift {
		return 0, false
	}
	return int64(n) << shift, true
}

// plain is text of the user's as one line of a message can have it.
func plain(s string) string {
	if q := strconv.Quote(s); q != `"`+s+`"` || s == "" {
		return q
	}
	return s
}
