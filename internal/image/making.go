package image

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Making is a directory of one's own in tmp/, for what is being made. When its process is killed, the next [Store.Prune] collects it.
type Making struct {
	Path string
	lock *os.File
}

// NewTmp makes one.
func (s Store) NewTmp() (*Making, error) { return newLocked(s.Tmp(), random()) }

// NewContainer makes the directory for what a container writes. It is collected by the next [Store.Prune] when its process has ended.
func (s Store) NewContainer(id string) (*Making, error) {
	if id == "" || strings.ContainsAny(id, "/.\x00") {
		return nil, errors.New("a container's id cannot be a directory's name: " + id)
	}
	return newLocked(s.Containers(), id)
}

// newLocked makes a directory and locks it. In between it may be taken for one that was left over.
func newLocked(parent, name string) (*Making, error) {
	m := &Making{Path: filepath.Join(parent, name)}
	for {
		if err := os.Mkdir(m.Path, 0o700); err != nil {
			return nil, err
		}
		var err error
		if m.lock, err = os.OpenFile(m.Path, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0); err == nil {
			err = flock(m.lock, unix.LOCK_EX|unix.LOCK_NB)
			if err == nil && isAt(m.lock, m.Path) {
				return m, nil
			}
			m.lock.Close()
		}
		if err != nil && err != errLocked && !errors.Is(err, fs.ErrNotExist) {
			_ = os.Remove(m.Path) // the other error counts
			return nil, err
		}
		// Whoever collects has it, and removes it.
		for end := now().Add(patience); unix.Access(m.Path, unix.F_OK) == nil; pause() {
			if now().After(end) {
				return nil, errors.New(m.Path + " has been locked for " + patience.String() + " by another urun")
			}
		}
	}
}

// File is the lock, for who hands it on to another process.
func (m *Making) File() *os.File { return m.lock }

// Close removes what is still there, as far as the caller may, and gives the lock back.
func (m *Making) Close() error {
	err := os.RemoveAll(m.Path)
	return errors.Join(err, m.lock.Close())
}

// Leave gives the lock back and leaves the directory where it is.
func (m *Making) Leave() error { return m.lock.Close() }
