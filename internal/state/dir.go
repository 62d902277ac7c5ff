package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Dir is the directory with a user's records.
type Dir struct{ path string }

// Open opens the first of the directories whose parent is there, and makes it when it
// is missing. It refuses one that others could write to.
func Open(paths []string) (*Dir, error) {
	err := errors.New("there is no directory for the records of containers: set XDG_RUNTIME_DIR")
	for _, path := range paths {
		var absent bool
		if absent, err = own(path); err == nil {
			return &Dir{path}, nil
		} else if !absent {
			break // with another one, a name could be taken twice
		}
	}
	return nil, err
}

// own makes sure that a directory is there, the caller's alone. Absent tells that none can be made there.
func own(path string) (absent bool, err error) {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return true, err
	}
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return false, &os.PathError{Op: "lstat", Path: path, Err: err}
	}
	switch {
	case st.Mode&unix.S_IFMT != unix.S_IFDIR:
		return false, errors.New(path + " is no directory, but a file or a link that someone else may have put there; remove it")
	case int(st.Uid) != os.Getuid():
		// As with sudo, which keeps XDG_RUNTIME_DIR; or someone was faster in /tmp.
		return true, errors.New(path + " belongs to another user: set XDG_RUNTIME_DIR to a directory of your own")
	case st.Mode&0o077 != 0:
		return false, os.Chmod(path, 0o700)
	}
	return false, nil
}

// locked calls do while no other urun changes which records there are.
func (d *Dir) locked(do func() error) error {
	f, err := os.OpenFile(filepath.Join(d.path, "lock"), os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	defer f.Close() // and with it goes the lock
	for end := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		err := flock(f, unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return do()
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return err
		}
		if time.Now().After(end) {
			return errors.New(f.Name() + " has been locked for " + patience.String() + " by another urun, which may be stopped (Ctrl-Z): let it go on, or end it")
		}
	}
}

// patience is how long another urun may change the records: milliseconds, or a second
// when it looks after what a killed one has left.
const patience = 5 * time.Second

func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how)
		if err != unix.EINTR {
			return os.NewSyscallError("flock", err)
		}
	}
}

// TakenError tells that a container of that name runs.
type TakenError struct{ Name string }

func (e *TakenError) Error() string {
	return fmt.Sprintf("a container of the name %q is running", e.Name)
}

// Add records a container that is about to start. Its name must not be that of one
// that runs.
func (d *Dir) Add(r Record) (*Entry, error) {
	if r.ID == "" || strings.ContainsAny(r.ID, "/.\x00") {
		return nil, fmt.Errorf("%q is no id of a container", r.ID)
	}
	e := &Entry{dir: filepath.Join(d.path, r.ID), Record: r}
	err := d.locked(func() error {
		if err := d.free(r); err != nil {
			return err
		}
		err := os.Mkdir(e.dir, 0o700)
		if err != nil {
			return err
		}
		if e.lock, err = os.OpenFile(filepath.Join(e.dir, "lock"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
			err = flock(e.lock, unix.LOCK_EX|unix.LOCK_NB)
		}
		if err == nil {
			err = e.Save()
		}
		if err != nil {
			e.remove()
		}
		return err
	})
	if err != nil {
		return nil, err // closing it would remove what another one has
	}
	return e, nil
}

// free tells whether nobody has the name. To read all records takes a while where
// there are many, so a container without a name does not.
func (d *Dir) free(r Record) error {
	if r.Name == "" {
		if held(filepath.Join(d.path, r.ID)) {
			return &TakenError{r.ID}
		}
		return nil
	}
	list, err := d.read()
	if err != nil {
		return err
	}
	for _, other := range list {
		switch {
		case other.alive && other.ID == r.ID:
			return &TakenError{r.ID}
		case other.alive && other.Name == r.Name:
			return &TakenError{r.Name}
		}
	}
	return nil
}

// found is a record that was read.
type found struct {
	Record
	alive bool
	torn  bool // its file could not be read
}

// read reads all records. Those of containers that are just starting or ending may be
// incomplete, which only their own urun can mend.
func (d *Dir) read() ([]found, error) {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return nil, err
	}
	var list []found
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		dir := filepath.Join(d.path, entry.Name())
		f := found{alive: held(dir)}
		f.Record, err = load(dir)
		if f.torn = err != nil || f.ID != entry.Name(); f.torn {
			f.Record = Record{ID: entry.Name()}
		}
		list = append(list, f)
	}
	return list, nil
}

// replaced tells whether a container that runs is in the cgroup that this one has left: names are used again.
func (f found) replaced(by found) bool {
	return by.alive && (f.Name != "" && f.Name == by.Name || f.Cgroup != "" && f.Cgroup == by.Cgroup || f.Unit != "" && f.Unit == by.Unit)
}

// held tells whether someone holds the lock of a record.
func held(dir string) bool {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|unix.O_NOFOLLOW, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(flock(f, unix.LOCK_EX|unix.LOCK_NB), unix.EWOULDBLOCK)
}

// List are the containers that run, the oldest first. Records of others are given to
// collect and removed; collect may be nil.
func (d *Dir) List(collect func(Record)) (running []Record, err error) {
	err = d.locked(func() error {
		list, err := d.read()
		for _, f := range list {
			switch {
			case f.alive && !f.torn:
				running = append(running, f.Record)
			case !f.alive:
				if collect != nil && !slices.ContainsFunc(list, f.replaced) {
					collect(f.Record)
				}
				dead := Entry{dir: filepath.Join(d.path, f.ID)}
				dead.remove()
			}
		}
		return err
	})
	slices.SortFunc(running, func(a, b Record) int { return a.Created.Compare(b.Created) })
	return running, err
}

// NotFoundError tells that no container is called so.
type NotFoundError struct {
	Name   string
	Others []string // the names of those that run
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("there is no container %q", e.Name)
}

// Find is the container with this name or id, or whose id alone begins so.
func (d *Dir) Find(name string, collect func(Record)) (Record, error) {
	list, err := d.List(collect)
	if err != nil {
		return Record{}, err
	}
	missing := &NotFoundError{Name: name}
	var near []Record
	for _, r := range list {
		if name != "" && (r.Name == name || r.ID == name) {
			return r, nil
		}
		if name != "" && strings.HasPrefix(r.ID, name) {
			near = append(near, r)
		}
		missing.Others = append(missing.Others, r.Called())
	}
	switch len(near) {
	case 0:
		return Record{}, missing
	case 1:
		return near[0], nil
	}
	return Record{}, fmt.Errorf("%q begins the ids of %d containers; write more of it", name, len(near))
}
