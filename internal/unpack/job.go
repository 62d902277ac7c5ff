package unpack

import (
	"encoding/json"
	"errors"
	"os"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// The names of the jobs, for inside.Job.
const (
	LayerJob = "layer" // a [Job], the blob as its file, the tree as its directory: a [Report]
	AdoptJob = "adopt" // an [Adoption], the tree as its directory, those below as its trees, topmost first: null
	ReadJob  = "read"  // a [Reading], a stack of trees, topmost first: a [Contents]
)

// Job is how a layer is to be unpacked. Its blob may be at any offset, and is read from its beginning.
type Job struct {
	MediaType string // what the manifest calls the layer; what its first bytes say counts more

	// UIDs and GIDs say where an id of the image (ContainerID) is in the namespace in which the job runs
	// (HostID); empty: each where it is.
	UIDs, GIDs []specs.LinuxIDMapping
	// OneID has everything belong to the namespace's 0, and the owner recorded.
	OneID bool
	// Flat has the layer unpacked over what is in the tree, whiteouts carried out.
	Flat bool
}

// Report is what became of it.
type Report struct {
	// NoMarks says why overlay's marks cannot be made in the tree. Nothing was unpacked then; Flat can be.
	NoMarks string

	DiffID  string // "sha256:…" of the tar stream
	Stream  int64  // its bytes
	Size    int64  // bytes of the regular files
	Files   int64  // entries of the archive, and directories made for them
	Owners  bool   // something belongs to another id than 0, in the image
	Implied []Path // directories that were made and that the layer does not name, "." for the tree itself; a parent is before what is in it
	Skipped []string
}

// Adoption is Report.Implied again.
type Adoption struct{ Implied []Path }

// Reading is what file to read: a path inside, symbolic links followed inside.
type Reading struct{ Path string }

// Contents is what is in the file. It is at most 16 MiB.
type Contents struct {
	Found bool // there is such a regular file
	Data  []byte
}

// Path is below the tree, cleaned, without a slash at the beginning. It need not be UTF-8, which JSON
// insists on.
type Path string

// MarshalText makes it a Go string literal of ASCII.
func (p Path) MarshalText() ([]byte, error) { return []byte(strconv.QuoteToASCII(string(p))), nil }

// UnmarshalText is the reverse.
func (p *Path) UnmarshalText(b []byte) error {
	s, err := strconv.Unquote(string(b))
	*p = Path(s)
	return err
}

// Jobs is the table for inside.Main.
func Jobs() map[string]func(args json.RawMessage, files []*os.File) (any, error) {
	return map[string]func(json.RawMessage, []*os.File) (any, error){
		LayerJob: func(args json.RawMessage, files []*os.File) (any, error) {
			var job Job
			if err := take(args, &job, files, 1); err != nil {
				return nil, err
			}
			return Layer(job, files[0], ".")
		},
		AdoptJob: func(args json.RawMessage, files []*os.File) (any, error) {
			var a Adoption
			if err := take(args, &a, files, 0); err != nil {
				return nil, err
			}
			return nil, Adopt(a.Implied, ".", files)
		},
		ReadJob: func(args json.RawMessage, files []*os.File) (any, error) {
			var r Reading
			if err := take(args, &r, files, 1); err != nil {
				return nil, err
			}
			data, err := ReadMerged(files, r.Path)
			if errors.Is(err, os.ErrNotExist) {
				return Contents{}, nil
			}
			return Contents{Found: err == nil, Data: data}, err
		},
	}
}

func take(args json.RawMessage, to any, files []*os.File, least int) error {
	if len(files) < least {
		return errors.New("the job has too few files")
	}
	return json.Unmarshal(args, to)
}
