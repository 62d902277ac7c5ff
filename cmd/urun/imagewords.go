package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/image"
)

// sources are words for images as urun-image takes them. A name stays as it was written: registries.conf may say what a short one
// stands for.
func sources(words []string) (list []string, err error) {
	for _, w := range words {
		s, err := image.ParseSource(w, look)
		if err != nil {
			return nil, err
		}
		switch {
		case s.Kind == image.Directory:
			return nil, errors.New("IMAGE " + strconv.Quote(w) + ": " + directoryInstead(s.Path))
		case s.Kind == image.Stored:
			return nil, errors.New("IMAGE " + strconv.Quote(w) + ": an id does not say where an image comes from; write its name, or NAME@sha256:DIGEST")
		case s.Local():
			if s, err = absolute(s); err == nil {
				err = absent(s)
			}
			if err != nil {
				return nil, err
			}
			w = s.String()
		}
		list = append(list, w)
	}
	return list, nil
}

// kept is the word under which the store knows it: that of a file or directory is with a whole path there.
func kept(word string) string {
	s, err := image.ParseSource(word, look)
	if err != nil || !s.Local() {
		return word
	}
	if s, err = absolute(s); err != nil {
		return word
	}
	return s.String()
}

// absent is an error about a file or directory that is not there.
func absent(s image.Source) error {
	if !s.Local() || exists(s.Path) {
		return nil
	}
	return errors.New(strconv.Quote(s.String()) + ": there is no " + s.Path)
}

func directoryInstead(path string) string {
	exists, dir := look(path)
	switch {
	case dir:
		return "it is a directory, which is a ROOTFS as it is; one with OCI's image layout is written oci:" + path
	case exists:
		return "it is a file; an archive is written oci-archive:" + path + ", docker-archive:" + path + " or, of a root file system, tar:" + path
	}
	return "there is no such file"
}

func absolute(s image.Source) (image.Source, error) {
	cwd, err := os.Getwd()
	if err != nil && s.Path != "" && !filepath.IsAbs(s.Path) {
		return s, err
	}
	return s.In(cwd), nil
}

func look(path string) (exists, dir bool) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return err != unix.ENOENT && err != unix.ENOTDIR, false
	}
	return true, st.Mode&unix.S_IFMT == unix.S_IFDIR
}

// platform refuses what is none, before anything is fetched.
func platform(s string) (string, error) {
	if _, err := image.ParsePlatform(s); err != nil {
		return "", complain("--platform", s, err)
	}
	return s, nil
}

// policy refuses what is none.
func policy(flag, s, otherwise string) (string, error) {
	switch s {
	case "":
		return otherwise, nil
	case "missing", "always", "never", "newer":
		return s, nil
	}
	return "", complain(flag, s, errors.New("there is missing, newer, always and never"))
}
