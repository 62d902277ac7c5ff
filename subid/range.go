package subid

import (
	"fmt"
	"strconv"
)

// Range is Count ids from Start on. It is an alias of a plain struct so that
// packages can hand ranges on without importing each other.
type Range = struct{ Start, Count uint32 }

// maxID is the highest id: 2^32-1 is (uid_t) -1, which chown(2) and setresuid(2)
// read as "leave it alone".
const maxID = 1<<32 - 2

// parseRange reads the two numbers of a range in decimal.
func parseRange(start, count []byte) (Range, error) {
	s, err := decimal(start)
	if err != nil {
		return Range{}, fmt.Errorf("the first id %w", err)
	}
	n, err := decimal(count)
	if err != nil {
		return Range{}, fmt.Errorf("the count %w", err)
	}
	switch {
	case n == 0:
		return Range{}, fmt.Errorf("the count of ids is 0")
	case uint64(s)+uint64(n)-1 > maxID:
		return Range{}, fmt.Errorf("%d ids from %d on pass the highest id, %d", n, s, maxID)
	}
	return Range{s, n}, nil
}

// decimal is stricter than strconv, which takes a sign.
func decimal(b []byte) (uint32, error) {
	if len(b) == 0 {
		return 0, fmt.Errorf("is missing")
	}
	if len(b) > 20 {
		return 0, fmt.Errorf("has %d characters", len(b))
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("is %q, not a decimal number", b)
		}
	}
	v, err := strconv.ParseUint(string(b), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("is %s, more than 32 bits hold", b)
	}
	return uint32(v), nil
}

// add appends r, unless it is there already: a user listed by name and by uid
// with the same range is common and harmless. A partial overlap cannot be
// mapped, because the kernel refuses a host id that appears twice.
func add(ranges []Range, r Range) ([]Range, error) {
	for _, have := range ranges {
		if have == r {
			return ranges, nil
		}
		if r.Start-have.Start < have.Count || have.Start-r.Start < r.Count {
			return nil, fmt.Errorf("the ids %s overlap with the user's ids %s", text(r), text(have))
		}
	}
	return append(ranges, r), nil
}

func text(r Range) string {
	return fmt.Sprintf("%d-%d", r.Start, r.Start+r.Count-1)
}
