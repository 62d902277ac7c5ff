package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/urun-project/urun/internal/image"
)

// verifier gives an error in the place of the end when what was read has another digest.
type verifier struct {
	r    io.Reader
	h    hash.Hash
	want image.Digest
	fail func(said, is image.Digest) error
}

func newVerifier(r io.Reader, want image.Digest, fail func(said, is image.Digest) error) io.Reader {
	return &verifier{r, sha256.New(), want, fail}
}

func (v *verifier) Read(b []byte) (int, error) {
	n, err := v.r.Read(b)
	v.h.Write(b[:n])
	if errors.Is(err, io.EOF) {
		if is := hashed(v.h); is != v.want {
			return n, v.fail(v.want, is)
		}
	}
	return n, err
}

func hashed(h hash.Hash) image.Digest {
	return image.Digest("sha256:" + hex.EncodeToString(h.Sum(nil)))
}

// errDiffID says what that means where digests are those of a configuration.
func errDiffID(said, is image.Digest) error {
	return fmt.Errorf("a layer does not fit the image's configuration: it is to be %s and is %s", said, is)
}
