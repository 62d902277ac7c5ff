package attach

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

func FuzzFrames(f *testing.F) {
	f.Add([]byte(nil))
	f.Add([]byte("v\x01\x00\x00\x00\x01"))
	f.Add([]byte("i\x05\x00\x00\x00hellow\x04\x00\x00\x00\x18\x00\x50\x00q\x00\x00\x00\x00"))
	f.Add([]byte("i\x05\x00\x00\x00hel"))
	f.Add([]byte("i\x05\x00"))
	f.Add([]byte("i\x01\x00\x01\x00"))
	f.Add([]byte("i\xff\xff\xff\xff"))
	f.Add(append([]byte("o\x00\x00\x01\x00"), make([]byte, bodyMax)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		from := frames{from: bytes.NewReader(b)}
		var again []byte
		for {
			kind, body, err := from.next()
			if err == nil {
				h := head(kind, len(body))
				again = append(append(again, h[:]...), body...)
				continue
			}
			left := len(b) - len(again)
			switch {
			case !bytes.HasPrefix(b, again):
				t.Fatalf("%q was read for %q", again, b)
			case errors.Is(err, io.EOF) && left != 0, errors.Is(err, io.ErrUnexpectedEOF) && left == 0:
				t.Fatalf("%v with %d bytes left", err, left)
			case len(from.buf) > bodyMax:
				t.Fatalf("the buffer has %d bytes", len(from.buf))
			}
			return
		}
	})
}
