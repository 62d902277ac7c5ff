package users

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

const lineLimit = 1 << 20

// eachLine calls do for each line that is neither blank nor a comment, without the
// blanks around it, numbered from 1, until do is done. line is valid during the
// call only. It reads at most sizeLimit bytes, whatever the size of the file was
// said to be.
func eachLine(r io.Reader, do func(n int, line []byte) (done bool, err error)) error {
	limited := &io.LimitedReader{R: r, N: sizeLimit + 1}
	in := bufio.NewReaderSize(limited, 4096)
	var long []byte // a line that is longer than the buffer
	for n := 1; ; n++ {
		line, err := in.ReadSlice('\n')
		long = long[:0]
		for errors.Is(err, bufio.ErrBufferFull) {
			if long = append(long, line...); len(long) > lineLimit {
				return fmt.Errorf("line %d is longer than %d bytes", n, lineLimit)
			}
			line, err = in.ReadSlice('\n')
		}
		if err != nil && err != io.EOF {
			return err
		}
		if limited.N == 0 {
			return fmt.Errorf("it has more than %d bytes", sizeLimit)
		}
		if len(long) > 0 {
			long = append(long, line...)
			line = long
		}
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			if done, fail := do(n, line); done || fail != nil {
				return fail
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// cut splits a line at its colons into to, the last of which takes the rest, and
// says how many parts there were. The others are left empty.
func cut(line []byte, to ...*[]byte) int {
	for i, part := range to[:len(to)-1] {
		var found bool
		if *part, line, found = bytes.Cut(line, []byte{':'}); !found {
			return i + 1
		}
	}
	*to[len(to)-1] = line
	return len(to)
}
