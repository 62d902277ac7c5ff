package attach

import (
	"encoding/binary"
	"errors"
	"io"
)

// What Output sends and Receive gives.
const (
	Stdout byte = 'o' // or the pty
	Stderr byte = 'e'
	Exit   byte = 'x'
)

const (
	greeting byte = 'v'
	refusal  byte = 'r'
	input    byte = 'i'
	inputEnd byte = 'q'
	window   byte = 'w'

	version = 1

	headSize = 5
	bodyMax  = 64 << 10
)

var errMalformed = errors.New("malformed frame")

func head(kind byte, length int) (h [headSize]byte) {
	h[0] = kind
	binary.LittleEndian.PutUint32(h[1:], uint32(length))
	return h
}

// frames reads frames. Its buffer grows with what comes: keys are a few bytes.
type frames struct {
	from io.Reader
	head [headSize]byte
	buf  []byte
}

// next gives a frame, whose body is valid until the next call. io.EOF is an end between
// two frames, io.ErrUnexpectedEOF one within a frame.
func (f *frames) next() (kind byte, body []byte, err error) {
	if _, err := io.ReadFull(f.from, f.head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.LittleEndian.Uint32(f.head[1:])
	if n > bodyMax {
		return 0, nil, errMalformed
	}
	if int(n) > cap(f.buf) {
		f.buf = make([]byte, n)
	}
	body = f.buf[:n]
	if _, err := io.ReadFull(f.from, body); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return 0, nil, err
	}
	return f.head[0], body, nil
}
