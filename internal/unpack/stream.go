package unpack

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// window is the most that a decompressor may keep of what it has written: what zstd(1) accepts without --long, and twice the
// dictionary of xz -9.
const window = 128 << 20

// magic begins what a format is known by.
var magic = map[string]string{
	"gzip":  "\x1f\x8b",
	"zstd":  "\x28\xb5\x2f\xfd",
	"xz":    "\xfd7zXZ\x00",
	"bzip2": "BZh",
}

// decompress gives the tar stream in a blob, from its beginning. Who unpacks goes by the first bytes, because manifests have been
// seen to name the wrong format; the media type counts for zstd that begins with a frame to be skipped.
func decompress(blob *os.File, mediaType string) (io.ReadCloser, error) {
	r := bufio.NewReaderSize(io.NewSectionReader(blob, 0, 1<<62), 256<<10)
	head, err := r.Peek(64) // fewer may be there
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("read the blob: %w", err)
	}
	switch {
	case begins(head, "gzip"):
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, decompressing("gzip", err)
		}
		return reader{z, "gzip", z.Close}, nil
	case begins(head, "zstd"), skippable(head):
		// One goroutine of our own is enough; with more it would take the processors from who writes.
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(window), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, decompressing("zstd", err)
		}
		return reader{z, "zstd", func() error { z.Close(); return nil }}, nil
	case begins(head, "xz"):
		if n := dictionary(head); n > window {
			return nil, fmt.Errorf("decompress the layer: its xz dictionary of %d MiB is larger than the %d MiB that urun has for one", n>>20, window>>20)
		}
		z, err := xz.NewReader(r)
		if err != nil {
			return nil, decompressing("xz", err)
		}
		return reader{z, "xz", func() error { return nil }}, nil
	case begins(head, "bzip2"):
		return nil, errors.New("decompress the layer: bzip2 is not a format of layers that urun knows; it knows gzip, zstd and xz")
	}
	return reader{r, "", func() error { return nil }}, nil
}

func begins(head []byte, format string) bool { return bytes.HasPrefix(head, []byte(magic[format])) }

// skippable tells a frame of zstd's that is to be skipped, with which a stream may begin: 0x184D2A50 to 5F.
func skippable(head []byte) bool {
	return len(head) > 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte("\x2a\x4d\x18"))
}

// dictionary is the size that the first block of an xz stream asks for: .xz file format, 3.1 and 5.3.1. That of a later one is
// bounded by the memory of the process only.
func dictionary(head []byte) uint64 {
	const header, lzma2 = 12, 0x21
	if len(head) < header+16 {
		return 0
	}
	at := head[header+2:]
	for bit := byte(0x40); bit != 0; bit <<= 1 { // the sizes that may be in front of the filters
		if head[header+1]&bit == 0 {
			continue
		}
		for len(at) > 0 && at[0]&0x80 != 0 {
			at = at[1:]
		}
		if len(at) > 0 {
			at = at[1:]
		}
	}
	if len(at) < 3 || at[0] != lzma2 || at[2] > 40 {
		return 0
	}
	if at[2] == 40 {
		return 1<<32 - 1
	}
	return uint64(2|at[2]&1) << (at[2]/2 + 11)
}

// reader names the format in errors.
type reader struct {
	io.Reader
	format string
	close  func() error
}

func (r reader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if err != nil && err != io.EOF {
		err = decompressing(r.format, err)
	}
	return n, err
}

func (r reader) Close() error { return r.close() }

func decompressing(format string, err error) error {
	switch {
	case format == "":
		return fmt.Errorf("read the layer: %w", err)
	case err == io.EOF, errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("decompress the layer: the %s stream ends early", format)
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return fmt.Errorf("decompress the layer: its zstd window is larger than the %d MiB that urun has for one", window>>20)
	}
	return fmt.Errorf("decompress the layer: %s: %w", format, err)
}
