package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	err = flock(f, unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		// In a queue: who only tried now and then would never be the one, among many.
		got := make(chan error, 1)
		go func() { got <- flock(f, unix.LOCK_EX) }()
		select {
		case err = <-got:
		case <-time.After(patience):
			return errors.New(f.Name() + " has been locked for " + patience.String() + " by another urun, which may be stopped (Ctrl-Z): let it go on, or end it")
		}
	}
	if err != nil {
		return err
	}
	return do()
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

// TakenError tells that there is a container of that name.
type TakenError struct {
	Name  string
	Ended bool // it does not run any more
}

func (e *TakenError) Error() string {
	if e.Ended {
		return fmt.Sprintf("a container of the name %q has ended and is still there", e.Name)
	}
	return fmt.Sprintf("a container of the name %q is running", e.Name)
}

// Add records a container that is about to start. Its name must not be that of one
// that runs.
func (d *Dir) Add(r Record) (*Entry, error) {
	if r.ID == "" || strings.ContainsAny(r.ID, "/.\x00") {
		return nil, fmt.Errorf("%q is no id of a container", r.ID)
	}
	e := &Entry{dir: filepath.Join(d.path, r.ID), Record: r}
	e.Boot = bootID()
	err := d.locked(func() error {
		if err := d.free(r); err != nil {
			return err
		}
		err := os.Mkdir(e.dir, 0o700)
		if err != nil {
			return err
		}
		// It has its name only when it is locked: who looks at it shares it for a moment.
		next := filepath.Join(e.dir, lockFile+".new")
		if e.lock, err = os.OpenFile(next, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
			err = flock(e.lock, unix.LOCK_EX|unix.LOCK_NB)
		}
		if err == nil {
			err = os.Rename(next, filepath.Join(e.dir, lockFile))
		}
		if err == nil {
			err = e.Save()
		}
		if err == nil {
			err = d.take(r)
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
