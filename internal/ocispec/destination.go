package ocispec

import (
	"path"
	"strconv"
)

// destination checks a path inside at which something is to be mounted and gives its shortest form. complain makes the error.
func destination(dst string, complain func(why string) error) (string, error) {
	if dst == "" || dst[0] != '/' {
		return "", complain("the destination " + strconv.Quote(dst) + " is not absolute; write the path inside from / on")
	}
	dst = path.Clean(dst)
	if dst == "/" {
		return "", complain("the destination is the root itself; name the directory as ROOTFS instead")
	}
	return dst, nil
}
