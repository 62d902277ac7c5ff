package ocispec

import (
	"math"
	"strconv"
	"strings"
)

// parseSize reads a number of bytes with one of docker's units: b, k, m, g, t, each also as kb or kib, in any case. Units are
// powers of 1024. ok is false for everything else, zero and negative numbers among it.
func parseSize(s string) (bytes int64, ok bool) {
	s = strings.ToLower(s)
	digits := strings.TrimRight(s, "bikmgt")
	shift, known := map[string]uint{
		"": 0, "b": 0, "k": 10, "kb": 10, "kib": 10, "m": 20, "mb": 20, "mib": 20, "g": 30, "gb": 30, "gib": 30, "t": 40, "tb": 40, "tib": 40,
	}[s[len(digits):]]
	n, err := strconv.ParseUint(digits, 10, 63)
	if !known || err != nil || n == 0 || n > math.MaxInt64>>shift {
		return 0, false
	}
	return int64(n) << shift, true
}

// formatSize writes a size as tmpfs(5) reads it.
func formatSize(bytes int64) string {
	if bytes%1024 == 0 {
		return strconv.FormatInt(bytes/1024, 10) + "k"
	}
	return strconv.FormatInt(bytes, 10)
}
