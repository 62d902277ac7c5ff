package subid

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Read takes the ranges of one user from a file of lines
//
//	name-or-uid:first-id:count
//
// in the file's order. A line is the user's when it begins with the name (unless
// that is empty) or the uid. Blank lines, comments and whatever is wrong with
// other users' lines are passed over; something wrong with a line of this user is
// an error that says which line and what. No line for the user: no ranges, no
// error.
func Read(r io.Reader, name string, uid uint32) ([]Range, error) {
	var entries []entry
	number := strconv.AppendUint(nil, uint64(uid), 10)
	err := eachLine(r, func(n int, line []byte, whole bool) error {
		owner, rest, _ := bytes.Cut(line, []byte{':'})
		if (name == "" || string(owner) != name) && !bytes.Equal(owner, number) {
			return nil
		}
		if !whole {
			return fmt.Errorf("line %d is longer than %d bytes", n, lineLimit)
		}
		first, count, found := bytes.Cut(rest, []byte{':'})
		if !found || bytes.IndexByte(count, ':') >= 0 {
			return fmt.Errorf("line %d is %q, not name:first-id:count", n, line)
		}
		one, err := parseRange(first, count)
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		entries = append(entries, entry{one, n})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return disjoint(entries)
}

const lineLimit = 16 << 10

// eachLine calls do for each line that is neither blank nor a comment, numbered
// from 1. whole is false when line is only the beginning of a longer one. Files
// of 100,000 lines are read at every start of a container, so nothing is
// allocated for a line, and line is valid during the call only.
func eachLine(r io.Reader, do func(n int, line []byte, whole bool) error) error {
	in := bufio.NewReaderSize(r, lineLimit)
	for n := 1; ; n++ {
		line, err := in.ReadSlice('\n')
		whole := !errors.Is(err, bufio.ErrBufferFull)
		if whole && err != nil && err != io.EOF {
			return err
		}
		line = bytes.TrimSuffix(line, []byte{'\n'})
		if len(line) > 0 && line[0] != '#' {
			if fail := do(n, line, whole); fail != nil {
				return fail
			}
		}
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = in.ReadSlice('\n')
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
