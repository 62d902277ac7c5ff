package container

import (
	"sync"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/internal/logfile"
	"github.com/urun-project/urun/internal/namespaces"
	"github.com/urun-project/urun/internal/state"
)

// registration is the record by which other commands find the container. It is made
// beside the start and gone with the container.
type registration struct {
	states  []string
	access  Access
	ownPids bool // it has a pid namespace
	needed  bool // a container that nobody could find, or whose name another could take, is not wanted

	mu     sync.Mutex
	record state.Record
	spec   *specs.Spec // its final form, once the command runs
	filter []byte      // of its system calls; nil: none
	entry  *state.Entry
	made   chan error // one value; nil while there is nothing to wait for
	err    error      // why there is none
	left   bool       // it stays, for the next to look after what it tells of
	over   bool       // the container has ended
}

// moment is how long a container that nobody has a name for runs before it is recorded:
// most are gone by then, and to record one takes as long as a tenth of a start.
const moment = 100 * time.Millisecond

// begin makes the record of a container whose first process is there; unless it is
// needed, in a moment.
func (r *registration) begin(pid int, n state.Network) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.record.Pid, r.record.Created, r.record.Network, r.over = pid, time.Now(), n, false
	if r.ownPids {
		r.record.PidNS, _ = namespaces.Inode(pid, "pid") // of a child that has failed already
	}
	if !r.needed {
		time.AfterFunc(moment, r.late)
		return
	}
	made := make(chan error, 1)
	r.made = made
	go func() { made <- r.add() }()
}

// late makes the record of a container that still runs, and removes what others have left.
func (r *registration) late() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over || r.entry != nil {
		return
	}
	if r.err = r.add(); r.err == nil && r.spec != nil { // nobody waits for it
		r.err = r.saveSpec()
	}
	go r.sweep()
}

func (r *registration) add() error {
	dir, err := state.Open(r.states)
	if err != nil {
		return err
	}
	if dir.Stale(r.record.Name) {
		if err := r.access.collect(dir, true); err != nil {
			return err
		}
	}
	if r.entry, err = dir.Add(r.record); err == nil {
		r.record.Boot = r.entry.Boot
	}
	return err
}

// running notes that the command runs, and from which specification: what exec needs, and
// inspect shows.
func (r *registration) running(spec *specs.Spec, filter []byte, life state.Life) error {
	if err := r.wait(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	life.Started = time.Now()
	r.spec, r.filter, r.record.Life, r.record.Command = spec, filter, life, spec.Process.Args
	if r.entry == nil {
		return nil // it is made later, or cannot be
	}
	if err := r.saveSpec(); err != nil {
		return err
	}
	r.entry.Record = r.record
	return r.entry.Save()
}

// saveSpec writes what exec reads. The filter is first: where there is a specification, exec counts on it.
func (r *registration) saveSpec() error {
	if r.filter != nil {
		if err := r.entry.SaveFilter(r.filter); err != nil {
			return err
		}
	}
	return r.entry.SaveSpec(r.spec)
}

// lost notes what of its output could not be logged.
func (r *registration) lost(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.record.Lost = what
}

// ended notes what became of the container. A record that is kept tells it; of another
// one, who waits for it is told.
func (r *registration) ended(status int, oom bool, why string) {
	_ = r.wait() // who needs it has asked before
	r.mu.Lock()
	defer r.mu.Unlock()
	l := &r.record.Life
	l.Ended, l.ExitCode, l.OOMKilled, l.Error = time.Now(), status, oom, why
	if r.entry == nil {
		return
	}
	r.entry.End(status)
	if r.record.Keep {
		r.entry.Record = r.record
		r.left = r.entry.Save() == nil || r.left
	}
}

// wait waits until there is a record. Without one that is needed there is no container.
func (r *registration) wait() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.made != nil {
		r.err = <-r.made
		r.made = nil
	}
	if r.needed {
		return r.err
	}
	return nil
}

// change writes something into the record.
func (r *registration) change(do func(*state.Record)) error {
	if err := r.wait(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	do(&r.record)
	if r.entry == nil {
		return nil // it is made later, or cannot be
	}
	r.entry.Record = r.record
	return r.entry.Save()
}

// scratch is the container's own directory.
func (r *registration) scratch() (string, error) {
	if err := r.wait(); err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.entry == nil && r.err == nil {
		r.err = r.add()
	}
	if r.entry == nil {
		return "", r.err
	}
	return r.entry.Scratch()
}

// dir is the directory of the container's record, which there is.
func (r *registration) dir() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.entry.Dir()
}

// leave has the record stay when the container ends.
func (r *registration) leave() { r.left = true }

// drop lets go of the record, and removes it unless it is to stay.
func (r *registration) drop() {
	_ = r.wait() // as above
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	switch {
	case r.entry == nil:
	case r.left:
		r.entry.Leave()
	default:
		r.entry.Close()
	}
	r.entry, r.left, r.spec, r.filter = nil, false, nil, nil
}

// sweep removes what others have left.
func (r *registration) sweep() { r.access.Sweep(nil) }

// Sweep removes what containers that are gone have left, unless somebody has just done so;
// also old logs in these directories.
func (a Access) Sweep(logs []string) {
	dir, err := state.Open(a.States)
	if err != nil || !dir.Due() {
		return
	}
	_ = a.collect(dir, false) // the next one tries
	_ = a.CollectWrites()     // as well
	for _, path := range logs {
		state.SweepLogs(path, logfile.Remove)
	}
}

// collect removes what containers that are gone have left. With all it looks at those that
// are there, too.
func (a Access) collect(dir *state.Dir, all bool) error {
	collect, done := a.collector()
	defer done()
	if !all {
		return dir.Sweep(collect)
	}
	_, err := dir.List(collect)
	return err
}
