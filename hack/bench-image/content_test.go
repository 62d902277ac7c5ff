package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// The image of a registry that is kept must be the one that is said, and a heap must be worth compressing by half.
func TestAHeapIsAsLargeAsItSaysAndHalfCompressible(t *testing.T) {
	file := filepath.Join(t.TempDir(), "heap.tar.gz")
	const size = 16 << 20
	if err := compress(file, "gzip", func(w *archive) error { return w.heap(size) }); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var got int64
	for r := tar.NewReader(unpacked); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got += h.Size
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if share := float64(info.Size()) / size; got != size || share < 0.4 || share > 0.9 {
		t.Errorf("%d bytes of files, want %d; packed it has %.2f of them", got, size, share)
	}
}

func TestALayerHidesAFileOfTheOneBelow(t *testing.T) {
	b, err := small(3, 5)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for r := tar.NewReader(bytes.NewReader(b)); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names[h.Name] = true
	}
	for _, want := range []string{"opt/changed", "opt/2/.wh.0", "opt/3/0", "opt/3/4"} {
		if !names[want] {
			t.Errorf("%s is missing: %v", want, names)
		}
	}
}
