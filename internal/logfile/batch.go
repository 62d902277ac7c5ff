package logfile

import (
	"bytes"
	"errors"
	"strconv"
	"syscall"
)

// line adds a line to what is to be written: what waited, and text.
func (w *Writer) line(h *half, tag byte, text []byte) {
	need := overhead + len(h.rest) + len(text)
	if w.untold > 0 {
		need += tellSize
	}
	if err := w.room(need); err != nil {
		w.lose(output(tag == partial, len(h.rest)+len(text)), err)
		h.rest = h.rest[:0]
		return
	}
	if len(w.buf) == 0 && w.untold > 0 {
		w.tell()
	}
	w.buf = w.header(grow(w.buf, need, batch), h.name, tag)
	w.buf = append(append(append(w.buf, h.rest...), text...), '\n')
	h.rest = h.rest[:0]
	h.open = tag == partial
}

func (w *Writer) header(b []byte, s Stream, tag byte) []byte {
	b = append(append(b, w.stamp...), ' ')
	return append(append(b, s...), ' ', tag, ' ')
}

// output is how many bytes of output a line stands for.
func output(part bool, text int) int {
	if part {
		return text
	}
	return text + 1
}

// tellSize is more than what tell adds.
const tellSize = 512

// tell begins a batch with a line about what was lost. Where a line's beginning is in
// the file and the rest was lost, it ends here, lest something else be joined to it.
func (w *Writer) tell() {
	w.buf = grow(w.buf, tellSize, batch)
	for _, h := range []*half{&w.out, &w.err} {
		if h.open {
			w.buf = append(w.header(w.buf, h.name, full), '\n')
			h.open = false
		}
	}
	w.buf = append(w.header(w.buf, Stderr, full), "urun: "...)
	w.buf = strconv.AppendUint(w.buf, w.untold, 10)
	w.buf = append(w.buf, " bytes of output were lost: "...)
	w.buf = append(append(w.buf, w.cause.Error()...), '\n')
	w.head, w.told = len(w.buf), w.untold
}

// put writes the batch, and sees to what becomes of it.
func (w *Writer) put() {
	if len(w.buf) == 0 {
		return
	}
	kept, err := w.append(w.buf)
	if kept >= w.head {
		w.untold -= w.told
	}
	if err != nil {
		w.failed(kept, err)
	}
	w.out.was, w.err.was = w.out.open, w.err.open
	w.buf, w.head, w.told = w.buf[:0], 0, 0
}

// failed counts the lines that the file does not have.
func (w *Writer) failed(kept int, err error) {
	w.out.open, w.err.open = w.out.was, w.err.was
	at := 0
	for b := range bytes.Lines(w.buf) {
		at += len(b)
		l, _ := parse(b)
		switch {
		case at <= kept:
			w.half(l.Stream).open = l.Partial
		case at > w.head:
			w.lose(output(l.Partial, len(l.Text)), err)
		}
	}
}

// lose counts bytes of output.
func (w *Writer) lose(n int, err error) {
	w.lost += uint64(n)
	w.untold += uint64(n)
	// The path says nothing to who reads the log there.
	if number := syscall.Errno(0); errors.As(err, &number) {
		err = number
	}
	w.cause = err
}
