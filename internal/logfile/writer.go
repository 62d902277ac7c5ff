package logfile

import (
	"bytes"
	"os"
	"sync"
	"time"
)

const (
	longest    = 16 << 10 // of the text of a line; what is longer is written in parts
	batch      = 32 << 10 // what is written at once
	smallBatch = 4 << 10  // what an idle writer keeps
)

// Writer writes the log. It can be used by several goroutines at once.
//
// It has at most 64 KiB of buffers.
type Writer struct {
	mu       sync.Mutex
	dir      string
	o        Options
	out, err half
	stamp    []byte // the time of the lines, as text
	busy     bool   // since the last Flush
	disk
}

// half is one of the two streams.
type half struct {
	name Stream
	rest []byte // a line without its end
	open bool   // the last line was a part
	was  bool   // the same, of what the file has
}

// Create opens the log in a directory that is there and the caller's alone. An earlier
// log is continued.
func Create(dir string, o Options) (*Writer, error) {
	w := &Writer{dir: dir, o: o, out: half{name: Stdout}, err: half{name: Stderr}}
	if err := w.reopen(); err != nil {
		return nil, err
	}
	return w, nil
}

// Write logs output. A line without its end waits for it, for 16 KiB to be there, or
// for Flush. What cannot be written is counted, see Lost.
func (w *Writer) Write(s Stream, p []byte, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		w.lose(len(p), os.ErrClosed)
		return
	}
	w.busy = true
	w.at(now)
	h := w.half(s)
	for len(p) > 0 {
		room := longest - len(h.rest)
		end := bytes.IndexByte(p[:min(len(p), room+1)], '\n')
		switch {
		case end >= 0:
			w.line(h, full, p[:end])
			p = p[end+1:]
		case len(p) > room:
			w.line(h, partial, p[:room])
			p = p[room:]
		default:
			h.rest = append(grow(h.rest, len(p), longest), p...)
			p = nil
		}
	}
	w.put()
}

// Flush logs what waits for the end of its line, such as a prompt, and lets go of
// memory when nothing was written since the last Flush. A timer calls it.
func (w *Writer) Flush(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	w.flush(now)
	if !w.busy {
		w.out.rest, w.err.rest, w.buf = shrink(w.out.rest), shrink(w.err.rest), shrink(w.buf)
	}
	w.busy = false
}

func (w *Writer) flush(now time.Time) {
	w.at(now)
	for _, h := range []*half{&w.out, &w.err} {
		if len(h.rest) > 0 {
			w.line(h, partial, nil)
		}
	}
	w.put()
}

// Lost is how many bytes of output could not be written, and why the last of them.
func (w *Writer) Lost() (bytes uint64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lost, w.cause
}

// Untold is how many of these bytes the log itself says nothing of.
func (w *Writer) Untold() (bytes uint64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.untold, w.cause
}

// Close logs what waits and closes the file. What is written afterwards is lost.
func (w *Writer) Close(now time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.flush(now)
	if w.untold > 0 && w.room(tellSize) == nil {
		w.tell()
		w.put()
	}
	w.closed = true
	w.out.rest, w.err.rest, w.buf = nil, nil, nil
	if w.file == nil {
		return nil
	}
	return w.file.Close()
}

func (w *Writer) at(now time.Time) { w.stamp = now.UTC().AppendFormat(w.stamp[:0], layout) }

func (w *Writer) half(s Stream) *half {
	if s == Stderr {
		return &w.err
	}
	return &w.out
}

// grow makes room for n more bytes. Append would take more than the limit.
func grow(b []byte, n, limit int) []byte {
	if len(b)+n <= cap(b) {
		return b
	}
	if len(b)+n <= smallBatch {
		limit = smallBatch
	}
	return append(make([]byte, 0, limit), b...)
}

// shrink lets go of a big buffer, and keeps the small one that most containers need.
func shrink(b []byte) []byte {
	if len(b) == 0 && cap(b) > smallBatch {
		return nil
	}
	return b
}
