package archive

import (
	"bytes"
	"compress/bzip2"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// packing is how a file is compressed, by its first bytes.
type packing string

const (
	plain   packing = ""
	gzipped packing = "gzip"
	zstded  packing = "zstd"
	xzed    packing = "xz"
	bzip2ed packing = "bzip2"
)

var magics = map[packing][]byte{
	gzipped: {0x1f, 0x8b, 8},
	zstded:  {0x28, 0xb5, 0x2f, 0xfd},
	xzed:    {0xfd, '7', 'z', 'X', 'Z', 0},
	bzip2ed: []byte("BZh"),
}

func packedAs(r io.ReaderAt) packing {
	begin := make([]byte, 8)
	n, _ := r.ReadAt(begin, 0) // what cannot be read is not compressed, and is read again
	for p, magic := range magics {
		if bytes.HasPrefix(begin[:n], magic) {
			return p
		}
	}
	if n == 8 && begin[0]&0xf0 == 0x50 && bytes.Equal(begin[1:4], []byte{0x2a, 0x4d, 0x18}) { // a skippable frame, as pzstd begins with
		return zstded
	}
	return plain
}

// window is the most memory that a zstd frame may ask for: what zstd --ultra -22 needs.
const window = 128 << 20

// decompress reads what is packed, or the file itself.
func decompress(f *io.SectionReader) (io.ReadCloser, error) { return unpackAs(packedAs(f), f) }

func unpackAs(p packing, r io.Reader) (io.ReadCloser, error) {
	switch p {
	case gzipped:
		return gzip.NewReader(r)
	case zstded:
		d, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(window), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	case xzed:
		d, err := xz.NewReader(r)
		return io.NopCloser(d), err
	case bzip2ed:
		return io.NopCloser(bzip2.NewReader(r)), nil
	}
	return io.NopCloser(r), nil
}
