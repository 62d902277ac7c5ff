package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// archive is a tar stream that is being written.
type archive struct{ *tar.Writer }

// compress writes a tar stream to a file: with the levels that docker and buildkit use.
func compress(file, with string, write func(*archive) error) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	var packer io.WriteCloser = gzip.NewWriter(f)
	if with == "zstd" {
		if packer, err = zstd.NewWriter(f); err != nil {
			return err
		}
	}
	w := &archive{tar.NewWriter(packer)}
	return errors.Join(write(w), w.Close(), packer.Close())
}

// copy passes on what another stream has, but for devices, which no image has and mmdebstrap makes.
func (w *archive) copy(from io.Reader) error {
	r := tar.NewReader(from)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag == tar.TypeChar || h.Typeflag == tar.TypeBlock || strings.HasPrefix(strings.TrimPrefix(h.Name, "./"), "dev/") {
			continue
		}
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		if _, err := io.Copy(w, r); err != nil {
			return err
		}
	}
}

func (w *archive) file(path string, content []byte) error {
	if err := w.WriteHeader(&tar.Header{Name: path, Mode: 0o644, Size: int64(len(content)), Format: tar.FormatPAX}); err != nil {
		return err
	}
	_, err := w.Write(content)
	return err
}

func (w *archive) dir(path string) error {
	return w.WriteHeader(&tar.Header{Name: path + "/", Typeflag: tar.TypeDir, Mode: 0o755, Format: tar.FormatPAX})
}

// heap writes files of 1 KiB to 4 MiB, as many of each magnitude as of any other, until there are so many bytes: every second one
// is noise, which does not compress, and the others are words.
func (w *archive) heap(size int64) error {
	rng := rand.New(rand.NewPCG(7, 8))
	noise := rand.NewChaCha8([32]byte{9})
	if err := w.dir("srv"); err != nil {
		return err
	}
	for i := 0; size > 0; i++ {
		dir := fmt.Sprintf("srv/%03d", i/100)
		if i%100 == 0 {
			if err := w.dir(dir); err != nil {
				return err
			}
		}
		content := make([]byte, min(size, int64(1024)<<rng.IntN(13)))
		if i%2 == 0 {
			_, _ = noise.Read(content) // never fails
		} else {
			words(rng, content)
		}
		if err := w.file(fmt.Sprintf("%s/%d", dir, i), content); err != nil {
			return err
		}
		size -= int64(len(content))
	}
	return nil
}

// words fills a buffer with lines as a source file or a log has them.
func words(rng *rand.Rand, b []byte) {
	vocabulary := strings.Fields("if err return nil func string byte the of image layer = := ( ) { } open read write error container 127.0.0.1 kernel")
	for at := 0; at < len(b); {
		word := vocabulary[rng.IntN(len(vocabulary))]
		if rng.IntN(6) == 0 {
			word = fmt.Sprintf("%x\n", rng.Uint32())
		}
		at += copy(b[at:], word+" ")
	}
}

// small is layer i of a stack.
func small(i, files int) ([]byte, error) {
	var b bytes.Buffer
	w := &archive{tar.NewWriter(&b)}
	rng := rand.New(rand.NewPCG(uint64(i), 1))
	err := errors.Join(w.dir("opt"), w.dir(fmt.Sprintf("opt/%d", i)), w.file("opt/changed", fmt.Appendln(nil, i)))
	if i > 0 {
		err = errors.Join(err, w.dir(fmt.Sprintf("opt/%d", i-1)), w.file(fmt.Sprintf("opt/%d/.wh.0", i-1), nil))
	}
	for n := range files {
		content := make([]byte, 512<<rng.IntN(7))
		words(rng, content)
		err = errors.Join(err, w.file(fmt.Sprintf("opt/%d/%d", i, n), content))
	}
	return b.Bytes(), errors.Join(err, w.Close())
}

// busybox is the root file system as container root would have it.
func busybox(o options) ([]byte, error) {
	return exec.Command("tar", "-C", o.busybox, "--owner=0", "--group=0", "--numeric-owner", "--sort=name", "-cf", "-", ".").Output()
}

func debian(o options) ([]byte, error) { return os.ReadFile(o.debian) }
