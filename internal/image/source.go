package image

import (
	"errors"
	"path/filepath"
	"strconv"
	"strings"
)

// Kind is where an image comes from, as the word before its path.
type Kind string

const (
	Directory     Kind = "directory"      // no image: a root filesystem
	Registry      Kind = "registry"       // what has a name
	Stored        Kind = "stored"         // an id or a digest, which only the store knows
	OCI           Kind = "oci"            // a directory in OCI's image layout
	OCIArchive    Kind = "oci-archive"    // that as a tar archive
	DockerArchive Kind = "docker-archive" // what docker save writes
	Dir           Kind = "dir"            // skopeo's: manifest.json beside the blobs
	Tar           Kind = "tar"            // a root filesystem as a tar archive
)

// Source is what a user has written in the place of a root filesystem or of an image.
type Source struct {
	Kind  Kind
	Path  string // of all but Registry and Stored, as it was written
	Ref   string // of OCI, OCIArchive and DockerArchive, which of the images in it, or empty; of Stored, the word
	Name  Name   // of Registry
	Short bool   // the name was without a registry
}

// ParseSource reads a word. What begins with ./, ../ or /, and a directory that exists, is never taken for the name of an image.
// look tells what there is at a path; it is asked at most about the word and about beginnings of it.
func ParseSource(word string, look func(path string) (exists, dir bool)) (Source, error) {
	if word == "" || strings.Contains(word, "\x00") {
		return Source{}, errors.New(strconv.Quote(word) + " is neither a directory nor the name of an image")
	}
	exists, dir := look(word)
	switch {
	case dir:
		return Source{Kind: Directory, Path: word}, nil
	case isTarName(word) && (exists || isPath(word)):
		return Source{Kind: Tar, Path: word}, nil
	case isPath(word):
		return Source{Kind: Directory, Path: word}, nil
	case isID(word) || isID(strings.TrimPrefix(word, "sha256:")):
		return Source{Kind: Stored, Ref: word}, nil
	}
	if name, ok := strings.CutPrefix(word, "docker://"); ok {
		n, _, err := ParseName(name)
		return Source{Kind: Registry, Name: n}, err
	}
	transport, rest, _ := strings.Cut(word, ":")
	switch k := Kind(transport); k {
	case OCI, OCIArchive, DockerArchive:
		path, ref := splitRef(rest, look)
		return withPath(Source{Kind: k, Path: path, Ref: ref})
	case Dir, Tar:
		return withPath(Source{Kind: k, Path: rest})
	}
	if err := refused(transport, rest); err != nil {
		return Source{}, err
	}
	if strings.HasSuffix(word, "/") {
		return Source{Kind: Directory, Path: word}, nil
	}
	n, short, err := ParseName(word)
	return Source{Kind: Registry, Name: n, Short: short}, err
}

func withPath(s Source) (Source, error) {
	if s.Path == "" {
		return Source{}, errors.New("there is no path behind " + string(s.Kind) + ":")
	}
	return s, nil
}

// isPath tells of words that cannot be names.
func isPath(word string) bool {
	return word == "." || word == ".." || strings.HasPrefix(word, "/") || strings.HasPrefix(word, "./") || strings.HasPrefix(word, "../")
}

func isTarName(path string) bool {
	for _, end := range []string{".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz"} {
		if strings.HasSuffix(path, end) && filepath.Base(path) != end {
			return true
		}
	}
	return false
}

// splitRef finds the colon behind the path: the first one, unless only a longer path exists.
func splitRef(s string, look func(string) (bool, bool)) (path, ref string) {
	for i := range len(s) {
		if s[i] != ':' {
			continue
		}
		if exists, _ := look(s[:i]); exists {
			return s[:i], s[i+1:]
		}
	}
	if exists, _ := look(s); exists {
		return s, ""
	}
	path, ref, _ = strings.Cut(s, ":")
	return path, ref
}

// In is the source with its path made absolute: a relative one begins in dir.
func (s Source) In(dir string) Source {
	if s.Path != "" && !filepath.IsAbs(s.Path) {
		s.Path = filepath.Join(dir, s.Path)
	} else if s.Path != "" {
		s.Path = filepath.Clean(s.Path)
	}
	return s
}

// String is its name in the store, and what [ParseSource] reads again; the path is to be absolute.
func (s Source) String() string {
	switch {
	case s.Kind == Registry:
		return s.Name.String()
	case s.Kind == Stored:
		return s.Ref
	case s.Kind == Directory:
		return s.Path
	case s.Ref != "":
		return string(s.Kind) + ":" + s.Path + ":" + s.Ref
	}
	return string(s.Kind) + ":" + s.Path
}

// Local tells that it is a file or directory that holds an image.
func (s Source) Local() bool {
	switch s.Kind {
	case OCI, OCIArchive, DockerArchive, Dir, Tar:
		return true
	}
	return false
}
