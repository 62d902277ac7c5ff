package subid

import (
	"cmp"
	"fmt"
	"slices"
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

// entry is a range with the line it was found in.
type entry struct {
	Range
	line int
}

// disjoint returns the ranges in their order. One that is there already is left
// out: a user listed by name and by uid with the same range is common and
// harmless. A partial overlap cannot be mapped, because the kernel refuses a host
// id that appears twice.
func disjoint(entries []entry) ([]Range, error) {
	sorted := slices.Clone(entries)
	slices.SortFunc(sorted, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Count, b.Count), cmp.Compare(a.line, b.line))
	})
	again := map[int]bool{}
	for i := 1; i < len(sorted); i++ {
		a, b := sorted[i-1], sorted[i]
		switch {
		case a.Range == b.Range:
			again[b.line] = true
		case b.Start-a.Start < a.Count:
			if a.line > b.line {
				a, b = b, a
			}
			return nil, fmt.Errorf("line %d: the ids %s overlap with the user's ids %s", b.line, text(b.Range), text(a.Range))
		}
	}
	var ranges []Range
	for _, e := range entries {
		if !again[e.line] {
			ranges = append(ranges, e.Range)
		}
	}
	return ranges, nil
}

func text(r Range) string {
	return fmt.Sprintf("%d-%d", r.Start, r.Start+r.Count-1)
}
