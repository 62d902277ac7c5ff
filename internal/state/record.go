package state

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Record is what is known of a container that runs.
type Record struct {
	ID      string    `json:"id"`
	Name    string    `json:"name,omitempty"`
	Created time.Time `json:"created"`
	Command []string  `json:"command"`
	Rootfs  string    `json:"rootfs"`
	Pid     int       `json:"pid"` // of its first process, as the host has it

	Manager string `json:"cgroup_manager,omitempty"` // systemd or cgroupfs
	Unit    string `json:"unit,omitempty"`           // systemd's name for the cgroup
	Cgroup  string `json:"cgroup,omitempty"`         // its directory

	Network Network `json:"network,omitzero"`
}

// Called is the name, or the beginning of the id where there is none.
func (r Record) Called() string {
	switch {
	case r.Name != "":
		return r.Name
	case len(r.ID) > 12:
		return r.ID[:12]
	}
	return r.ID
}

// Entry is the record of a container by its own urun.
type Entry struct {
	Record
	dir  string
	lock *os.File
}

// Save writes the record. Whoever reads sees the old or the new one.
func (e *Entry) Save() error {
	b, err := json.Marshal(e.Record)
	if err != nil {
		return err
	}
	next := filepath.Join(e.dir, "state.json.new")
	if err := os.WriteFile(next, append(b, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(next, filepath.Join(e.dir, "state.json"))
}

// Close removes the record and lets go of its lock.
func (e *Entry) Close() { e.remove() }

// Leave lets go of the lock and leaves the record to be collected.
func (e *Entry) Leave() { e.lock.Close() }

// Scratch is a directory for the sockets of the container's helpers, which goes with
// the record. Its name is short: the path of a socket has 107 bytes at most.
func (e *Entry) Scratch() (string, error) {
	dir := filepath.Join(e.dir, scratch)
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	return dir, err
}

const scratch = "n"

func (e *Entry) remove() {
	_ = os.RemoveAll(filepath.Join(e.dir, scratch)) // what stays, the next one collects
	// By name, and never more than what is put there.
	for _, name := range []string{"state.json.new", "state.json", "lock"} {
		_ = os.Remove(filepath.Join(e.dir, name))
	}
	_ = os.Remove(e.dir)
	if e.lock != nil {
		e.lock.Close()
		e.lock = nil
	}
}

func load(dir string) (r Record, err error) {
	b, err := os.ReadFile(filepath.Join(dir, "state.json"))
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(b, &r)
}
