package logfile

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// Query says which lines are wanted.
type Query struct {
	Since, Until time.Time // zero: no bound
	Tail         int       // of these, the last so many full lines; negative: all
	Follow       bool      // and those that are yet to come
}

// within tells whether a line of that time is wanted. The clock may have been set back,
// so no line says anything about the next.
func (q *Query) within(t time.Time) bool {
	return !t.Before(q.Since) && (q.Until.IsZero() || !t.After(q.Until))
}

// Read gives the lines of a log to emit, the oldest first, and passes over what is none.
// A text is emit's until it returns.
//
// With q.Follow it waits for more, until over tells that no more will be written and
// all was read, or q.Until is past. It ends with the error of emit or of ctx.
func Read(ctx context.Context, dir string, q Query, over func() bool, emit func(Line) error) error {
	w := watcher{-1}
	if q.Follow {
		w = watch(dir)
		defer w.close()
	}
	return read(ctx, dir, q, over, emit, w)
}

func read(ctx context.Context, dir string, q Query, over func() bool, emit func(Line) error, w watcher) (err error) {
	r := &reader{dir: dir, q: q, emit: emit, buf: make([]byte, block)}
	defer func() { closeAll(r.files) }()
	if r.files, err = openAll(dir); err != nil {
		return err
	}
	if q.Tail >= 0 {
		if err := r.tail(q.Tail); err != nil {
			return err
		}
	}
	for {
		ended := !q.Follow || over != nil && over() || !q.Until.IsZero() && time.Now().After(q.Until)
		if err := r.drain(ctx); err != nil {
			return err
		}
		if !q.Follow {
			return nil
		}
		switch more, err := r.later(); {
		case err != nil:
			return err
		case more:
		case ended: // was true before the last look, which saw everything
			return nil
		default:
			w.wait(ctx)
		}
	}
}

// block is what is read at once. It is more than any line that a Writer writes.
const block = 64 << 10

// reader is where a Read is.
type reader struct {
	dir   string
	q     Query
	emit  func(Line) error
	buf   []byte
	files []*os.File // open, those that are yet to be read; the first is read from
	at    int64      // so far
	skip  bool       // at is within a line that is too long to be one
}

// drain reads to the end of each file, and keeps the last one.
func (r *reader) drain(ctx context.Context) error {
	for len(r.files) > 0 {
		if err := r.file(ctx); err != nil {
			return err
		}
		if len(r.files) == 1 {
			return nil
		}
		r.files[0].Close()
		r.files, r.at, r.skip = r.files[1:], 0, false
	}
	return nil
}

// file reads the first file to its end. A line that has none is left there to be read
// again, for its writer may take it back.
func (r *reader) file(ctx context.Context) error {
	for ctx.Err() == nil {
		n, err := r.files[0].ReadAt(r.buf, r.at)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		whole := bytes.LastIndexByte(r.buf[:n], '\n') + 1
		if whole == 0 && n < len(r.buf) {
			return nil
		}
		if err := r.lines(r.buf[:whole]); err != nil {
			return err
		}
		if whole == 0 {
			whole, r.skip = n, true
		}
		r.at += int64(whole)
	}
	return ctx.Err()
}

func (r *reader) lines(b []byte) error {
	for b := range bytes.Lines(b) {
		l, ok := parse(b)
		if ok && !r.skip && r.q.within(l.Time) {
			if err := r.emit(l); err != nil {
				return err
			}
		}
		r.skip = false
	}
	return nil
}
