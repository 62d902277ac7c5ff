package state

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Record is what is known of a container.
type Record struct {
	ID      string    `json:"id"`
	Name    string    `json:"name,omitempty"`
	Created time.Time `json:"created"`
	Command []string  `json:"command"`
	Rootfs  string    `json:"rootfs"`
	Image   string    `json:"image,omitempty"`         // the name of the image it started from; "": a directory
	ImageID string    `json:"image_id,omitempty"`      // its id
	Pid     int       `json:"pid"`                     // of its first process, as the host has it
	Urun    int       `json:"urun_pid"`                // of the urun that started it and looks after it
	PidNS   uint64    `json:"pid_namespace,omitempty"` // its inode; 0: the host's
	Boot    string    `json:"boot_id"`                 // of the kernel's run; see random(4)

	Manager string `json:"cgroup_manager,omitempty"` // systemd or cgroupfs
	Unit    string `json:"unit,omitempty"`           // systemd's name for the cgroup
	Cgroup  string `json:"cgroup,omitempty"`         // its directory

	Network Network `json:"network,omitzero"`
	Life    `json:"life"`
	Wishes  `json:"wishes"`

	Alive bool `json:"-"` // its urun holds the lock
}

// Life is what became of the container so far.
type Life struct {
	Started   time.Time `json:"started,omitzero"`     // when its command began; zero before
	Ended     time.Time `json:"ended,omitzero"`       // zero before
	ExitCode  int       `json:"exit_code,omitempty"`  // of the command, or 128+n
	OOMKilled bool      `json:"oom_killed,omitempty"` // the kernel killed the command for memory
	Error     string    `json:"error,omitempty"`      // what ended it, where that was not its command
	Lost      string    `json:"lost,omitempty"`       // what of its output is not in the log, which does not say so
	Notices   []string  `json:"notices,omitempty"`    // what was said about it
	IDs       string    `json:"ids,omitempty"`        // the rung of its id maps
	Rung      string    `json:"rung,omitempty"`       // where it stands on this machine
	Losses    []Loss    `json:"losses,omitempty"`     // what it has to do without on this machine
}

// Loss is a property that was wanted and could not be had.
type Loss struct {
	Property  string `json:"property"`
	Lost      string `json:"lost"`                // what the container lacks
	Cause     string `json:"cause"`               // what stood in the way
	Fix       string `json:"fix,omitempty"`       // what Who can do
	Who       string `json:"who,omitempty"`       // you, administrator or starter
	Meanwhile string `json:"meanwhile,omitempty"` // what works as long as nobody does
}

// Wishes are what was asked for, where later commands need to know.
type Wishes struct {
	Detached    bool     `json:"detached,omitempty"`
	Keep        bool     `json:"keep,omitempty"` // the record stays after the end, until it is removed
	Terminal    bool     `json:"terminal,omitempty"`
	Stdin       bool     `json:"stdin,omitempty"` // of a detached one, attach can write to it
	KeepGroups  bool     `json:"keep_groups,omitempty"`
	Seccomp     string   `json:"seccomp,omitempty"`      // the profile that its system calls are held against; "": none
	FilterFlags uint32   `json:"filter_flags,omitempty"` // SECCOMP_FILTER_FLAG_*, of seccomp(2)
	Denied      []string `json:"denied,omitempty"`
	Writable    []string `json:"landlock,omitempty"`     // of one with a Landlock layer, below what it may write
	Overlay     string   `json:"overlay,omitempty"`      // the directory that keeps what changes in the root; "": none
	Log         string   `json:"log,omitempty"`          // the directory that its log is in
	StopSignal  int      `json:"stop_signal,omitempty"`  // 0: SIGTERM
	StopTimeout *int     `json:"stop_timeout,omitempty"` // seconds; nil: ten
	Files       []string `json:"files,omitempty"`        // those of --cidfile and --pidfile, which go with the record
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
func (e *Entry) Save() error { return save(e.dir, e.Record) }

func save(dir string, r Record) error {
	b, err := encode(r)
	if err != nil {
		return err
	}
	return replace(dir, recordFile, append(b, '\n'))
}

// replace writes a file so that whoever reads sees the old or the new one.
func replace(dir, name string, b []byte) error {
	next := filepath.Join(dir, name+".new")
	err := os.WriteFile(next, b, 0o600)
	if err == nil {
		err = os.Rename(next, filepath.Join(dir, name))
	}
	if err != nil {
		_ = os.Remove(next) // half of it is worth nothing
	}
	return err
}

// SaveSpec writes the container's final specification beside the record.
func (e *Entry) SaveSpec(spec any) error {
	b, err := encode(spec)
	if err != nil {
		return err
	}
	return replace(e.dir, specFile, b)
}

// SaveFilter writes the filter of the container's system calls beside the record.
func (e *Entry) SaveFilter(program []byte) error { return replace(e.dir, filterFile, program) }

// Close removes the record and lets go of its lock.
func (e *Entry) Close() { e.remove() }

// Leave lets go of the lock and leaves the record: to be collected or, when it is to be
// kept, until it is removed.
func (e *Entry) Leave() {
	e.lock.Close()
	e.lock = nil
}

// Dir is the record's own directory.
func (e *Entry) Dir() string { return e.dir }

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

// The names of what is in a record's directory.
const (
	recordFile = "state.json"
	specFile   = "config.json" // as the OCI runtime spec calls it
	filterFile = "seccomp.bpf"
	lockFile   = "lock"
	scratch    = "n"
)

func (e *Entry) remove() {
	e.dropName()                                    // before another one may take it
	_ = os.RemoveAll(filepath.Join(e.dir, scratch)) // what stays, the next one collects
	for _, name := range e.Files {
		removeIfOf(name, e.Record)
	}
	// By name, and never more than what is put there.
	for _, name := range []string{specFile + ".new", specFile, filterFile + ".new", filterFile, recordFile + ".new", recordFile, attachSocket, lockFile + ".new", lockFile} {
		_ = os.Remove(filepath.Join(e.dir, name))
	}
	_ = os.Remove(e.dir)
	if e.lock != nil {
		e.lock.Close()
		e.lock = nil
	}
}

// attachSocket is made by whoever serves urun attach.
const attachSocket = "attach"

// Peek is what a small file holds, that someone else may have put something else in the
// place of.
func Peek(name string) ([]byte, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, fs.ErrInvalid) // to read a fifo that someone holds open takes for ever
	}
	b := make([]byte, 4096)
	n, err := io.ReadFull(f, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return b[:n], err
}

// removeIfOf removes a file that still holds the container's id or pid.
func removeIfOf(name string, r Record) {
	b, err := Peek(name)
	if said := strings.TrimSpace(string(b)); err == nil && (said == r.ID || said == strconv.Itoa(r.Pid)) {
		_ = os.Remove(name) // it is nobody's any more
	}
}

func load(dir string) (r Record, err error) {
	b, err := os.ReadFile(filepath.Join(dir, recordFile))
	if err != nil {
		return r, err
	}
	return r, decode(b, &r)
}
