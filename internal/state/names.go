package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Each name is a symbolic link in the directory, name.NAME, to the id of who has it: so a
// container is found without reading the records of all others. A link may be left over;
// what counts is the record that it leads to.

func (d *Dir) link(name string) string { return filepath.Join(d.path, "name."+name) }

// named is the record of who has the name, if there is one.
func (d *Dir) named(name string) (f found, ok bool) {
	if name == "" || strings.ContainsAny(name, "/\x00") {
		return f, false
	}
	id, err := os.Readlink(d.link(name))
	if err != nil || strings.Contains(id, "/") {
		return f, false
	}
	f = d.one(id)
	return f, f.Name == name && f.there()
}

// there tells whether the container runs, or has ended and is kept.
func (f *found) there() bool { return f.Alive || f.Keep && !f.Ended.IsZero() }

// free tells whether nobody has the id or the name.
func (d *Dir) free(r Record) error {
	if held(filepath.Join(d.path, r.ID)) {
		return &TakenError{Name: r.ID}
	}
	if f, ok := d.named(r.Name); ok {
		return &TakenError{Name: r.Name, Ended: !f.Alive}
	}
	return nil
}

// Stale tells whether who has the name is gone, and what it has left is to be collected
// before another one may have the name.
func (d *Dir) Stale(name string) bool {
	f, ok := d.named(name)
	return !ok && f.ID != ""
}

// take gives the name to the id. Who had it is gone.
func (d *Dir) take(r Record) error {
	if r.Name == "" {
		return nil
	}
	err := os.Symlink(r.ID, d.link(r.Name))
	if errors.Is(err, fs.ErrExist) {
		if err = os.Remove(d.link(r.Name)); err == nil {
			err = os.Symlink(r.ID, d.link(r.Name))
		}
	}
	return err
}

// unlink removes names of nobody: those of records that could not be read.
func (d *Dir) unlink(list []found) {
	links, _ := filepath.Glob(d.link("*")) // the pattern is right, but for a directory that has one in its name: then none is found
	known := make(map[string]bool, len(list))
	for _, f := range list {
		known[f.ID] = true
	}
	for _, link := range links {
		if id, err := os.Readlink(link); err == nil && !known[id] {
			_ = os.Remove(link) // it does no harm
		}
	}
}

// dropName gives the name back.
func (e *Entry) dropName() {
	if e.Name == "" {
		return
	}
	link := filepath.Join(filepath.Dir(e.dir), "name."+e.Name)
	if id, err := os.Readlink(link); err == nil && id == e.ID {
		_ = os.Remove(link) // one that is left over does no harm
	}
}

// Running is the container with this id, if it runs.
func (d *Dir) Running(id string) (r Record, ok bool) {
	if id == "" || strings.ContainsAny(id, "/.\x00") {
		return r, false
	}
	f := d.one(id)
	return f.Record, f.Alive && !f.torn
}

// quick is the container with this name or id, or whose id alone begins so, found without
// a look at others. It may be dead without anyone having noticed: then it is for Find.
func (d *Dir) quick(name string) (r Record, ok bool) {
	if f, ok := d.named(name); ok {
		return f.Record, true
	}
	if name == "" {
		return r, false
	}
	if f, ok := d.Running(name); ok {
		return f, true
	}
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return r, false
	}
	id := ""
	for _, entry := range entries {
		if entry.IsDir() && strings.HasPrefix(entry.Name(), name) {
			if id != "" {
				return r, false // which of them, is to be said
			}
			id = entry.Name()
		}
	}
	if id == "" {
		return r, false
	}
	f := d.one(id)
	return f.Record, f.there() && !f.torn
}

// swept is the file whose age tells when the records were last swept.
const swept = "swept"

// often is how often a start sweeps where there are many: each sweep opens a file of every
// container. Few are swept by every start.
const (
	often = time.Second
	few   = 64
)

// Due tells whether it is time for a sweep, and that the caller makes it: where there are
// many containers, nobody else does for a second.
func (d *Dir) Due() bool {
	stamp := filepath.Join(d.path, swept)
	if entries, err := os.ReadDir(d.path); err == nil && len(entries) < few {
		return true
	}
	if info, err := os.Lstat(stamp); err == nil && time.Since(info.ModTime()).Abs() < often {
		return false
	}
	f, err := os.OpenFile(stamp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return false
	}
	_, err = f.WriteString("\n") // so that its time changes
	return errors.Join(err, f.Close()) == nil
}

// Sweep is List for who wants nothing but that what dead containers have left is collected.
func (d *Dir) Sweep(collect func(Record)) error {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !entry.IsDir() || held(filepath.Join(d.path, entry.Name())) {
			continue
		}
		if f := d.one(entry.Name()); !f.there() {
			_, err = d.List(collect)
			return err
		}
	}
	return nil
}
