package image

import (
	"errors"
	"strconv"
	"strings"
)

// Digest is the SHA-256 of what it names, as "sha256:" and 64 lower-case hexadecimal digits. It becomes a file name,
// so one that comes from outside goes through [ParseDigest].
type Digest string

var errDigest = errors.New(`a digest is "sha256:" and 64 hexadecimal digits in lower case`)

// ParseDigest takes what a manifest, a registry or the user says.
func ParseDigest(s string) (Digest, error) {
	hex, ok := strings.CutPrefix(s, "sha256:")
	if !ok || !isID(hex) {
		return "", errors.New(strconv.Quote(s) + ": " + errDigest.Error())
	}
	return Digest(s), nil
}

// Hex is the digest without its algorithm.
func (d Digest) Hex() string { return strings.TrimPrefix(string(d), "sha256:") }
