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

// found is a record that was read.
type found struct {
	Record
	torn   bool // its file could not be read
	spoilt bool // and that is not because it is just being removed
}

// read reads all records. Those of containers that are just starting or ending may be
// incomplete, which only their own urun can mend.
func (d *Dir) read() ([]found, error) {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return nil, err
	}
	list := make([]found, 0, len(entries))
	for _, entry := range entries {
		if entry.IsDir() {
			list = append(list, d.one(entry.Name()))
		}
	}
	return list, nil
}

func (d *Dir) one(id string) (f found) {
	dir := filepath.Join(d.path, id)
	alive := held(dir)
	var err error
	f.Record, err = load(dir)
	if f.torn = err != nil || f.ID != id; f.torn {
		f.spoilt = !errors.Is(err, fs.ErrNotExist) && !short(err)
		f.Record = Record{ID: id}
	}
	f.Alive = alive || short(err)
	return f
}

// short tells that a file could not be opened for want of something else than the file.
// It says nothing of a record, and to take it for dead would end a container that runs.
func short(err error) bool {
	return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) || errors.Is(err, unix.ENOMEM)
}

// replaced tells whether a container that runs is in the cgroup that this one has left: names are used again.
func (f found) replaced(by found) bool {
	return by.Alive && (f.Name != "" && f.Name == by.Name || f.Cgroup != "" && f.Cgroup == by.Cgroup || f.Unit != "" && f.Unit == by.Unit)
}

// held tells whether the urun of a record holds its lock. Others may share it for a moment.
func held(dir string) bool {
	fd, err := unix.Open(filepath.Join(dir, lockFile), unix.O_RDWR|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return short(err)
	}
	defer unix.Close(fd)
	for {
		err = unix.Flock(fd, unix.LOCK_SH|unix.LOCK_NB)
		if err != unix.EINTR {
			return err == unix.EWOULDBLOCK
		}
	}
}

// List are all containers: those that run, and those that have ended and are kept, the
// oldest first. What a container has left whose urun is gone is given to collect, which
// may be nil; its record then tells what became of it or, when it is not to be kept, is
// removed.
func (d *Dir) List(collect func(Record)) (all []Record, err error) {
	err = d.locked(func() error {
		list, err := d.read()
		d.unlink(list)
		for i := range list {
			f := &list[i]
			switch {
			case f.Alive && (!f.torn || f.spoilt):
				all = append(all, f.Record)
			case f.Alive:
			case f.Keep && !f.Ended.IsZero():
				all = append(all, f.Record)
			default:
				if collect != nil && !slices.ContainsFunc(list, f.replaced) {
					collect(f.Record)
				}
				if d.bury(f) {
					all = append(all, f.Record)
				}
			}
		}
		return err
	})
	slices.SortStableFunc(all, func(a, b Record) int { return a.Created.Compare(b.Created) })
	return all, err
}

// bury does with the record of a dead container what its urun could not do any more, and
// tells whether it is kept.
func (d *Dir) bury(f *found) (kept bool) {
	dead := Entry{dir: filepath.Join(d.path, f.ID), Record: f.Record}
	if !f.Keep || f.torn || f.Started.IsZero() {
		dead.remove()
		return false
	}
	f.Ended, f.ExitCode, f.Error = time.Now(), 128+int(unix.SIGKILL), "its urun was killed, and the container with it"
	if f.Boot != bootID() {
		f.Error = "the machine was restarted"
	}
	_ = os.RemoveAll(filepath.Join(dead.dir, scratch))
	_ = os.Remove(filepath.Join(dead.dir, attachSocket))
	dead.Record = f.Record
	_ = dead.Save() // else the next one tries
	return true
}

// bootID is another after each start of the machine: random(4).
func bootID() string {
	b, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // without one, none is another
	return strings.TrimSpace(string(b))
}

// NotFoundError tells that no container is called so.
type NotFoundError struct {
	Name   string
	Others []string // the names of those there are
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("there is no container %q", e.Name)
}

// Find is the container with this name or id, or whose id alone begins so.
func (d *Dir) Find(name string, collect func(Record)) (Record, error) {
	if r, ok := d.quick(name); ok {
		return r, nil
	}
	list, err := d.List(collect)
	if err != nil {
		return Record{}, err
	}
	return Pick(list, name)
}

// Pick is the one of the containers with this name or id, or whose id alone begins so.
func Pick(list []Record, name string) (Record, error) {
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
