package archive

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// What of an archive's directory is kept in memory. A file of a hundred layers in ten images has some three thousand members.
const (
	mostMembers = 1 << 17
	longestName = 512 // formats have names of at most 80 bytes
)

// members is a tar archive whose members are read in place.
type members struct {
	*os.File
	list map[string]member
}

type member struct {
	at, size int64
	link     string // of links, where they lead to
	symbolic bool
	broken   error // why it cannot be read
}

// scan reads the archive's headers. of is where it stands; see is asked about each header; with true the archive is [errForeign].
// Of several members with one name the last counts.
func scan(r io.Reader, at func() (int64, error), see func(*tar.Header) bool) (map[string]member, error) {
	list := map[string]member{}
	t := tar.NewReader(r)
	for n := 0; ; n++ {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF):
			return list, nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			return nil, errTruncated
		case err != nil:
			return nil, err
		case n == mostMembers:
			return nil, fmt.Errorf("it has more than %d members, and no archive of images has", mostMembers)
		case see(h):
			return nil, errForeign
		}
		offset, err := at()
		if err != nil {
			return nil, err
		}
		if name, ok := inside(h.Name); ok {
			if m, ok := toMember(h, offset); ok {
				list[name] = m
			}
		}
	}
}

var errTruncated = errors.New("it is truncated: the archive ends in the middle of a member")

var errForeign = errors.New("it is no archive of images")

// inside is a name without dots. Names that lead out of the archive are of no member.
func inside(name string) (string, bool) {
	if len(name) > longestName {
		return "", false
	}
	name = path.Clean(name)
	return name, fs.ValidPath(name)
}

func toMember(h *tar.Header, at int64) (m member, ok bool) {
	switch h.Typeflag {
	case tar.TypeReg:
		m = member{at: at, size: h.Size}
		for k := range h.PAXRecords {
			if strings.HasPrefix(k, "GNU.sparse.") {
				m.broken = errSparse
			}
		}
	case tar.TypeGNUSparse:
		m.broken = errSparse
	case tar.TypeSymlink:
		m = member{link: h.Linkname, symbolic: true}
	case tar.TypeLink:
		m = member{link: h.Linkname}
	default:
		return m, false
	}
	return m, len(h.Linkname) <= longestName
}

var errSparse = errors.New("it is stored as a sparse file: make the archive without tar's --sparse")

// open finds a member. Links lead to other members: old versions of docker save wrote a layer that is in two images once.
func (a *members) open(name string) (file, error) {
	name, ok := inside(name)
	for range 8 {
		m, found := a.list[name]
		switch {
		case !ok:
			return nil, errors.New("it leads out of the archive")
		case !found:
			return nil, fs.ErrNotExist
		case m.broken != nil:
			return nil, m.broken
		case m.link == "":
			return part{io.NewSectionReader(a.File, m.at, m.size)}, nil
		case m.symbolic && path.IsAbs(m.link):
			return nil, errors.New("it leads out of the archive")
		case m.symbolic:
			name, ok = inside(path.Join(path.Dir(name), m.link))
		default:
			name, ok = inside(m.link)
		}
	}
	return nil, errors.New("it is a link to a link, too many times over")
}
