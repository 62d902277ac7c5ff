package subid

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// Kind says which ids are asked for.
type Kind int

// The two kinds of ids.
const (
	UIDs Kind = iota
	GIDs
)

// Files says where things are.
type Files struct {
	Subuid, Subgid, Nsswitch, Passwd string

	// Getsubids and Getent are programs: an absolute path, or a name that is looked
	// for in the directories programs are in.
	Getsubids, Getent string
	Deadline          time.Duration // how long such a program may take
}

// Default says where a Linux system has them.
func Default() Files {
	return Files{
		Subuid:    "/etc/subuid",
		Subgid:    "/etc/subgid",
		Nsswitch:  "/etc/nsswitch.conf",
		Passwd:    "/etc/passwd",
		Getsubids: "getsubids",
		Getent:    "getent",
		Deadline:  5 * time.Second,
	}
}

// Result is what was found, and where. No ranges and no error: the user has none.
type Result struct {
	Ranges []Range
	Source string // "/etc/subuid", or "getsubids (sss)"
}

// Lookup finds the subordinate ids of a user where this machine keeps them. name
// is empty for a user without a passwd entry. Source is set with an error too.
func Lookup(kind Kind, name string, uid uint32) (Result, error) {
	return Default().Lookup(kind, name, uid)
}

// Lookup is like the function of that name, with f's places.
func (f Files) Lookup(kind Kind, name string, uid uint32) (Result, error) {
	// An exec costs a millisecond, a third of a container's start. So getsubids is
	// asked only where the files are not the whole truth.
	sources, err := databases(f.Nsswitch, "subid")
	if err != nil {
		return Result{Source: f.Nsswitch}, err
	}
	other := slices.IndexFunc(sources, func(s string) bool { return s != "files" })
	if other >= 0 {
		program, err := find(f.Getsubids)
		if err == nil {
			res := Result{Source: "getsubids (" + sources[other] + ")"}
			res.Ranges, err = f.getsubids(program, kind, name, uid)
			return res, err
		}
		if !slices.Contains(sources, "files") {
			return Result{Source: f.Nsswitch}, fmt.Errorf("ask %s for subordinate ids, as the subid line of %s says: %w",
				sources[other], f.Nsswitch, err)
		}
	}
	path := f.Subuid
	if kind == GIDs {
		path = f.Subgid
	}
	return readFile(path, name, uid)
}

func readFile(path, name string, uid uint32) (Result, error) {
	res := Result{Source: path}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return res, nil
	}
	if err != nil {
		return res, err
	}
	defer file.Close()
	res.Ranges, err = Read(file, name, uid)
	if err != nil {
		return res, fmt.Errorf("read %s: %w", path, err)
	}
	return res, nil
}

// databases returns the sources a line of nsswitch.conf names for a database. No
// file, or no such line: nil, which for subid means files.
func databases(path, database string) ([]string, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	sources, err := parseDatabases(file, database)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return sources, nil
}

func parseDatabases(file io.Reader, database string) (sources []string, err error) {
	err = eachLine(file, func(_ int, line []byte, _ bool) error {
		text, _, _ := strings.Cut(string(line), "#")
		rest, ok := strings.CutPrefix(strings.TrimSpace(text), database)
		if ok {
			rest, ok = strings.CutPrefix(strings.TrimSpace(rest), ":")
		}
		if ok && sources == nil {
			sources = withoutActions(strings.Fields(rest))
		}
		return nil
	})
	return sources, err
}

// withoutActions drops what stands in brackets, such as [NOTFOUND=return].
func withoutActions(fields []string) []string {
	kept := []string{}
	inside := false
	for _, f := range fields {
		inside = inside || strings.HasPrefix(f, "[")
		if !inside {
			kept = append(kept, f)
		}
		if strings.HasSuffix(f, "]") {
			inside = false
		}
	}
	return kept
}
