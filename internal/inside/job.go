package inside

import (
	"encoding/json"
	"os"

	"github.com/urun-project/urun/userns"
)

// Job is what is to be done.
type Job struct {
	Name string // of the function in the table of [Main]
	Args any    // what it gets, as JSON
	// Root confines the helper: this directory, an absolute path, is its root and its working directory.
	Root     string
	ReadOnly bool // of the root
	// Files are what the function gets; it has descriptors of its own, with the offsets shared.
	Files []*os.File
	// Trees are absolute paths of directories that the function gets after Files, open for reading. It can only read in them,
	// and ".." does not lead out of them. They need a Root.
	Trees []string
}

// Func does a job. What it returns is handed on as JSON.
type Func = func(args json.RawMessage, files []*os.File) (any, error)

// removeJob is the one job that every executable knows.
const removeJob = "remove"

// Remove removes a file, or a directory with all that is in it; see [removal.Path]. The path is absolute.
func Remove(path string, ids userns.Choice) error {
	return run(Job{Name: removeJob, Args: []byte(path)}, ids) // bytes, because JSON would change a name that is not UTF-8
}

// order is a job as the helper reads it.
type order struct {
	Name     string          `json:"name"`
	Args     json.RawMessage `json:"args"`
	Files    int             `json:"files,omitempty"`
	Confined bool            `json:"confined,omitempty"`
}

// answer is what the helper says at the end.
type answer struct {
	Error  string          `json:"error,omitempty"`
	Answer json.RawMessage `json:"answer,omitempty"`
}
