package unpack

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"github.com/urun-project/urun/internal/inside"
	"github.com/urun-project/urun/test/testenv"
	"github.com/urun-project/urun/userns"
)

func zstandard(t testing.TB, b []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	must(t, err)
	return w.EncodeAll(b, nil)
}

func xzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var z bytes.Buffer
	w, err := xz.NewWriter(&z)
	must(t, err)
	_, err = w.Write(b)
	must(t, err)
	must(t, w.Close())
	return z.Bytes()
}

// skip is a frame of zstd's that is to be skipped.
func skip(n int) []byte {
	b := binary.LittleEndian.AppendUint32([]byte("\x50\x2a\x4d\x18"), uint32(n))
	return append(b, make([]byte, n)...)
}

func concat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// xzDictionary gives an xz stream another dictionary size, in the header of its first block.
func xzDictionary(b []byte, bits byte) []byte {
	b = bytes.Clone(b)
	length := (int(b[12]) + 1) * 4
	header := b[12 : 12+length-4]
	header[bytes.Index(header, []byte{0x21, 1})+2] = bits
	binary.LittleEndian.PutUint32(b[12+length-4:], crc32.ChecksumIEEE(header))
	return b
}

// What a compressed stream can be but right.
func TestCompressedStreams(t *testing.T) {
	plain := archive(t, folder("d"), file("d/a", strings.Repeat("content ", 1000)), file("b", "x"))
	gz, zs, x := zipped(t, plain), zstandard(t, plain), xzipped(t, plain)
	half := len(plain) / 2
	cases := []struct {
		name string
		blob []byte
		err  string // "" is unpacked, with the digest of the plain archive
	}{
		{"tar", plain, ""},
		{"gzip", gz, ""},
		{"zstd", zs, ""},
		{"xz", x, ""},
		{"gzip of two members", concat(zipped(t, plain[:half]), zipped(t, plain[half:])), ""},
		{"zstd of two frames", concat(zstandard(t, plain[:half]), zstandard(t, plain[half:])), ""},
		{"zstd with frames to be skipped", concat(skip(3), zstandard(t, plain[:half]), skip(100000), zstandard(t, plain[half:]), skip(0)), ""},
		{"xz of two streams", concat(xzipped(t, plain[:half]), xzipped(t, plain[half:])), ""},
		{"gzip that ends early", gz[:len(gz)-12], "the gzip stream ends early"},
		{"gzip without its checksum", gz[:len(gz)-8], "the gzip stream ends early"},
		{"gzip that ends in its header", gz[:5], "the gzip stream ends early"},
		{"zstd that ends early", zs[:len(zs)-3], "the zstd stream ends early"},
		{"xz that ends early", x[:len(x)-20], "the xz stream ends early"},
		{"gzip, then garbage", concat(gz, []byte("garbage, garbage")), "gzip: "},
		{"zstd, then garbage", concat(zs, []byte("garbage")), "zstd: "},
		{"xz, then garbage", concat(x, []byte("garbage!")), "xz"},
		{"gzip with a wrong checksum", concat(gz[:len(gz)-8], []byte{1, 2, 3, 4}, gz[len(gz)-4:]), "gzip: invalid checksum"},
		{"zstd of a huge window", []byte("\x28\xb5\x2f\xfd\x00\x90\x01\x00\x00"), "its zstd window is larger than the 128 MiB"},
		{"xz of a huge dictionary", xzDictionary(x, 40), "its xz dictionary of 4095 MiB is larger than the 128 MiB"},
		{"bzip2", []byte("BZh91AY&SY"), "bzip2 is not a format"},
		{"text", []byte(strings.Repeat("no archive\n", 100)), "neither a tar archive nor one that is compressed"},
		{"an archive that ends early", plain[:1024+300], "the archive ends early"},
		{"a compressed archive that ends early", zipped(t, plain[:1024+300]), "the archive ends early"},
		{"compressed twice", zipped(t, gz), "neither a tar archive nor one that is compressed"},
	}
	mappings(t, func(t *testing.T, c userns.Choice, one bool) {
		for _, s := range cases {
			t.Run(s.name, func(t *testing.T) {
				tree := emptyTree(t, c)
				r, err := run(t, c, Job{OneID: one}, s.blob, tree)
				if s.err != "" {
					if err == nil || !strings.Contains(err.Error(), s.err) {
						t.Errorf("error %v", err)
					}
					return
				}
				must(t, err)
				if want := fmt.Sprintf("sha256:%x", sha256.Sum256(plain)); r.DiffID != want || r.Stream != int64(len(plain)) {
					t.Errorf("%+v, and the digest should be %s", r, want)
				}
				if r.Size != 8001 || r.Files != 3 || r.Owners {
					t.Errorf("%+v", r)
				}
			})
		}
	})
}

// What comes after the archive counts for the digest, and for nothing else; nor does an archive need an end.
func TestTheDigestIsOfAllOfTheStream(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice, one bool) {
		plain := archive(t, file("a", "x"))
		for _, blob := range [][]byte{concat(plain, archive(t, file("b", "y")), []byte("more")), plain[:1024], {}} {
			tree := emptyTree(t, c)
			r, err := run(t, c, Job{OneID: one}, zipped(t, blob), tree)
			must(t, err)
			if want := fmt.Sprintf("sha256:%x", sha256.Sum256(blob)); r.DiffID != want {
				t.Errorf("%+v", r)
			}
			if got := listing(t, c, tree); strings.Contains(got, `"b"`) {
				t.Error(got)
			}
		}
	})
}

// A dictionary that only a later block asks for is bounded by the memory of the process.
func TestMemoryBoundsALaterDictionary(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice, one bool) {
		x := xzipped(t, archive(t, file("a", "x")))
		_, err := run(t, c, Job{OneID: one}, concat(x, xzDictionary(x, 40)), emptyTree(t, c))
		if err == nil || !strings.Contains(err.Error(), "ended without an answer") {
			t.Errorf("error %v", err)
		}
	})
}

// sparseFile is an archive with one file of GNU tar's old format: data in the middle, and holes.
func sparseFile(t *testing.T, size, at int64, data string) []byte {
	t.Helper()
	b := archive(t, &tar.Header{Typeflag: tar.TypeReg, Name: "holes", Mode: 0o644, Format: tar.FormatGNU, Xattrs: map[string]string{"body": data}})
	h := b[:512]
	h[156] = tar.TypeGNUSparse
	number := func(at int, n int64) { // base 256, for what is too large in octal
		clear(h[at : at+12])
		h[at] = 0x80
		binary.BigEndian.PutUint64(h[at+4:], uint64(n))
	}
	number(386, at)
	number(398, int64(len(data)))
	number(410, size)
	number(422, 0)
	number(483, size)
	copy(h[148:156], "        ")
	sum := 0
	for _, c := range h {
		sum += int(c)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	return b
}

func TestSparseFilesStaySparse(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice, one bool) {
		tree := emptyTree(t, c)
		r, err := run(t, c, Job{OneID: one}, sparseFile(t, 64<<20, 33<<20, "data"), tree)
		must(t, err)
		st, blocks := stat(t, tree+"/holes")
		if st != 64<<20 || blocks > 64 || r.Size != 64<<20 {
			t.Errorf("%d bytes in %d blocks, %+v", st, blocks, r)
		}
		b, err := os.ReadFile(tree + "/holes")
		must(t, err)
		if string(b[33<<20:33<<20+4]) != "data" || len(bytes.Trim(b, "\x00")) != 4 {
			t.Error("the data is not where it was")
		}
		_, err = run(t, c, Job{OneID: one}, sparseFile(t, 1<<60, 0, "data"), emptyTree(t, c))
		if err == nil || !strings.Contains(err.Error(), "the sparse files of the layer are longer than 1024 GiB") {
			t.Errorf("an exbibyte: %v", err)
		}
	})
}

// A layer that another process shortens or exchanges is no danger either; one that cannot be read is an error.
func TestABlobThatCannotBeRead(t *testing.T) {
	testenv.Unprivileged(t)
	dir, err := os.Open(t.TempDir())
	must(t, err)
	defer dir.Close()
	c := choice(t, userns.Single)
	err = inside.Run(t.Context(), inside.Job{Name: LayerJob, Args: Job{}, Root: emptyTree(t, c), Files: []*os.File{dir}}, c, nil)
	if err == nil || !strings.Contains(err.Error(), "read the blob") {
		t.Errorf("error %v", err)
	}
	if err := inside.Run(t.Context(), inside.Job{Name: LayerJob, Args: Job{}, Root: emptyTree(t, c)}, c, nil); err == nil || !strings.Contains(err.Error(), "too few files") {
		t.Errorf("error %v", err)
	}
}
