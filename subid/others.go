package subid

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Others looks at the lines of a subuid(5) that are not this user's: those whose ids the user has as well, so that
// the two can reach each other's files, and those that nobody can read. Each is named by its number.
func Others(r io.Reader, name string, uid uint32, mine []Range) (shared, malformed []string, err error) {
	number := strconv.AppendUint(nil, uint64(uid), 10)
	err = eachLine(r, func(n int, line []byte, whole bool) error {
		owner, rest, _ := bytes.Cut(line, []byte{':'})
		if name != "" && string(owner) == name || bytes.Equal(owner, number) {
			return nil
		}
		first, count, found := bytes.Cut(rest, []byte{':'})
		var one Range
		bad := errors.New("it is not name:first-id:count")
		if found && whole {
			one, bad = parseRange(first, count)
		}
		if bad != nil {
			malformed = append(malformed, fmt.Sprintf("line %d: %v", n, bad))
			return nil
		}
		for _, m := range mine {
			if uint64(one.Start) < uint64(m.Start)+uint64(m.Count) && uint64(m.Start) < uint64(one.Start)+uint64(one.Count) {
				shared = append(shared, fmt.Sprintf("line %d gives %q the ids %s", n, clip(owner), text(one)))
				break
			}
		}
		return nil
	})
	return shared, malformed, err
}

// Ask is what getsubids(1) answers, whatever nsswitch.conf says. It is what newuidmap goes by, too. asked is false
// where it is not installed.
func (f Files) Ask(kind Kind, name string, uid uint32) (res Result, asked bool, err error) {
	program, err := find(f.Getsubids)
	if err != nil {
		return Result{}, false, nil
	}
	res.Source = "getsubids"
	res.Ranges, err = f.getsubids(program, kind, name, uid)
	return res, true, err
}
