package image

import (
	"errors"
	"strings"
)

// others are transports of podman and skopeo that urun does not read, and what leads to the same.
var others = map[string]string{
	"containers-storage": "images of podman are in podman's store; podman save --format oci-archive -o FILE IMAGE writes one that oci-archive:FILE reads",
	"docker-daemon":      "images of docker are in the daemon's store; docker save -o FILE IMAGE writes one that docker-archive:FILE reads",
	"ostree":             "skopeo copy ostree:... oci:DIR makes one that oci:DIR reads",
	"sif":                "skopeo copy sif:... oci:DIR makes one that oci:DIR reads",
	"tarball":            "tar:FILE reads a root filesystem from an archive",
	"atomic":             "docker://NAME reads from a registry",
}

// known are those that urun reads, for messages.
const known = "docker://NAME, oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME], dir:DIR, tar:FILE"

// refused is the error about a word with a transport that urun does not know. A tag never begins with a slash.
func refused(transport, rest string) error {
	if instead, ok := others[transport]; ok {
		return errors.New(transport + ": is not read by urun: " + instead)
	}
	switch {
	case transport == "http" || transport == "https":
		return errors.New("an image is written without " + transport + "://; whether its registry speaks HTTPS is said by --tls-verify and registries.conf")
	case strings.HasPrefix(rest, "/"):
		return errors.New(transport + ": is no transport that urun knows; there are " + known)
	}
	return nil
}
