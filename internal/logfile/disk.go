package logfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// disk is a writer's file and what is on its way there.
type disk struct {
	file   *os.File // nil: to be opened
	closed bool
	size   int64 // of the file
	torn   bool  // the file ends within a line

	buf  []byte // whole lines
	head int    // so many bytes of buf are urun's own
	told uint64 // and tell of so many lost ones

	lost, untold uint64 // bytes; the log does not tell of the untold ones yet
	cause        error
}

// reopen opens the file, which a rotation may have taken away.
func (w *Writer) reopen() error {
	// To be read, for its last byte: a crash may have torn the last line.
	f, err := os.OpenFile(path(w.dir, 0), os.O_RDWR|os.O_APPEND|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if err != nil {
		return err
	}
	st, err := f.Stat()
	last := []byte{'\n'}
	if err == nil && !st.Mode().IsRegular() {
		err = fs.ErrInvalid
	}
	if err == nil && st.Size() > 0 {
		_, err = f.ReadAt(last, st.Size()-1)
	}
	if err != nil {
		f.Close()
		return err
	}
	w.file, w.size, w.torn = f, st.Size(), last[0] != '\n'
	return nil
}

// append writes lines to the file, and tells how many bytes of them it has, which are
// whole lines.
func (w *Writer) append(lines []byte) (kept int, err error) {
	if w.file == nil {
		if err := w.reopen(); err != nil {
			return 0, err
		}
	}
	if w.torn {
		if _, err := w.file.Write([]byte{'\n'}); err != nil {
			return 0, err
		}
		w.size, w.torn = w.size+1, false
	}
	n, err := w.file.Write(lines)
	kept = n
	if err != nil {
		// Whole lines stay, for a follower may have read them and goes on behind them.
		kept = bytes.LastIndexByte(lines[:n], '\n') + 1
		if n > kept && w.cut(int64(n-kept)) != nil {
			w.torn = true
			w.size += int64(n - kept)
		}
	}
	w.size += int64(kept)
	return kept, err
}

// cut takes n bytes from the file's end.
func (w *Writer) cut(n int64) error {
	st, err := w.file.Stat()
	if err != nil {
		return err
	}
	return w.file.Truncate(st.Size() - n)
}

// room sees to it that n more bytes find room in the batch, and the batch in the file.
// A file has one line at least.
func (w *Writer) room(n int) error {
	if len(w.buf)+n > batch {
		w.put()
	}
	if w.o.MaxSize <= 0 || w.size+int64(len(w.buf)+n) <= w.o.MaxSize {
		return nil
	}
	w.put()
	if w.size == 0 {
		return nil
	}
	return w.rotate()
}

// rotate takes the name away from the file, and opens none: what cannot be opened now
// may be when there is something to be written.
func (w *Writer) rotate() error {
	list, err := numbers(w.dir)
	if err != nil {
		return err
	}
	older := max(w.o.MaxFiles, 1) - 1 // how many there are to be
	for _, n := range list[:max(0, min(len(list), len(list)+1-older))] {
		if err := os.Remove(path(w.dir, n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if older == 0 {
		err = os.Remove(path(w.dir, 0))
	} else {
		err = os.Rename(path(w.dir, 0), path(w.dir, 1+slices.Max(append(list, 0))))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	w.file.Close()
	w.file, w.size, w.torn = nil, 0, false
	return nil
}
