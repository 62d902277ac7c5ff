package logfile

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// tail goes to where the last n full lines begin, reading backwards. A line whose end is
// not written yet is one of them.
//
// Everything from there on is read. So of a line that began before, while the other
// stream's were written, the parts from there on are.
func (r *reader) tail(n int) error {
	seen := map[Stream]bool{} // a line of that stream that comes after
	for i := len(r.files) - 1; i >= 0; i-- {
		found := int64(-1)
		err := r.backwards(r.files[i], func(at int64, b []byte) bool {
			l, ok := parse(b)
			if !ok || !r.q.within(l.Time) {
				return true
			}
			if !l.Partial || !seen[l.Stream] {
				if n == 0 {
					found = at + int64(len(b))
					return false
				}
				n--
			}
			seen[l.Stream] = true
			return true
		})
		if err != nil {
			return err
		}
		if found >= 0 {
			closeAll(r.files[:i])
			r.files, r.at = r.files[i:], found
			return nil
		}
	}
	return nil
}

// backwards gives the lines of a file to yield, the last first, until it returns false.
func (r *reader) backwards(f *os.File, yield func(at int64, b []byte) bool) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	for end := st.Size(); end > 0; {
		start := max(0, end-int64(len(r.buf)))
		b := r.buf[:end-start]
		if _, err := f.ReadAt(b, start); errors.Is(err, io.EOF) {
			return nil // someone has shortened it
		} else if err != nil {
			return err
		}
		for len(b) > 0 {
			i := bytes.LastIndexByte(b[:len(b)-1], '\n') + 1
			if i == 0 && start > 0 && len(b) < len(r.buf) {
				break // its beginning is in the block before
			}
			if !yield(start+int64(i), b[i:]) {
				return nil
			}
			b = b[:i]
		}
		end = start + int64(len(b))
	}
	return nil
}
