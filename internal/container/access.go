package container

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/logfile"
	"github.com/urun-project/urun/internal/namespaces"
	"github.com/urun-project/urun/internal/state"
)

// Access is where running containers are found and systemd is reached; see [Options].
type Access struct {
	Buses, States []string
	Store         image.Store // what containers that start from an image write is in there; the zero Store: none is looked for
}

// Running is a container that another urun has started, with its cgroup.
type Running struct {
	state.Record
	access Access
	group  *cgroup2.Group // nil: it has none of its own
}

// collector removes what containers that are gone have left: cgroups that were made by
// hand, scopes that never had a process. What cannot be removed may be someone else's by
// now. All of it has a second, because the records are locked meanwhile; done ends it.
func (a Access) collector() (collect func(state.Record), done func()) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	var s *cgroup2.Systemd
	var late []string // scopes that may yet be made
	return func(r state.Record) {
			if s == nil && r.Manager == systemd && ctx.Err() == nil {
				if host, err := cgroup2.Probe(); err == nil {
					s, _ = cgroup2.DialSystemd(ctx, host, a.Buses)
				}
			}
			remove(ctx, s, r)
			if s == nil || r.Manager != systemd || !r.Ended.IsZero() || time.Since(r.Created) >= freshly {
				return
			}
			if r.Cgroup == "" { // systemd had not answered
				late = append(late, r.Unit)
			}
			if r.Detached {
				late = append(late, supervisorUnit(r.Unit))
			}
		}, func() {
			if s != nil {
				stopLate(s, late)
				s.Close()
			}
			cancel()
		}
}

// freshly is how long ago a start may have been whose requests to systemd are still on their way.
const freshly = 10 * time.Second

// stopLate stops scopes of starts and supervisors that were killed a moment ago. Their requests to systemd outlive them, by
// long where it has much to do: a scope that is made for a process that is dead stays for ever, unless someone stops it
// after that. Nobody waits for the records meanwhile.
func stopLate(s *cgroup2.Systemd, units []string) {
	if len(units) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for range 3 {
		time.Sleep(200 * time.Millisecond)
		for _, unit := range units {
			_ = s.StopEmpty(ctx, unit) // what cannot be stopped stays, as in remove
		}
	}
}

// remove removes what one of them has left; s is nil without a systemd to ask.
func remove(ctx context.Context, s *cgroup2.Systemd, r state.Record) {
	end(r)
	if r.Log != "" && (!r.Keep || r.Started.IsZero()) {
		_ = state.RemoveLog(r.Log, logfile.Remove) // else it is swept
	}
	switch {
	case r.Manager == systemd && s == nil:
	case r.Manager == systemd && r.Cgroup != "": // with --pid host some of its processes may live on
		_ = s.Stop(ctx, r.Unit)
	case r.Manager == systemd:
		_ = s.StopEmpty(ctx, r.Unit)
	case r.Cgroup != "":
		if g, err := cgroup2.Open(r.Cgroup); err == nil {
			_ = g.Remove()
			g.Close()
		}
	}
	if r.Detached && r.Manager == systemd && s != nil { // its urun may have been killed just before it was moved there
		_ = s.StopEmpty(ctx, supervisorUnit(r.Unit))
	}
}

// end kills the first process of a container whose urun is gone. It dies with that, unless a
// command that is the first process itself has forgotten to (prctl(2)). Numbers are used
// again, but not those of namespaces that exist.
func end(r state.Record) {
	if r.PidNS == 0 || r.Pid <= 1 {
		return
	}
	fd, err := unix.PidfdOpen(r.Pid, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	if inode, err := namespaces.Inode(r.Pid, "pid"); err == nil && inode == r.PidNS {
		_ = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) // it may just have ended
	}
}

// supervisorUnit is the scope that the urun of a container in the background is in, whose
// own scope is unit.
func supervisorUnit(unit string) string {
	return strings.TrimSuffix(unit, ".scope") + "-supervisor.scope"
}

// all are the records of all containers, and where they are.
func (a Access) all() (*state.Dir, []state.Record, error) {
	dir, err := state.Open(a.States)
	if err != nil {
		return nil, nil, failure(nil, err)
	}
	collect, done := a.collector()
	defer done()
	list, err := dir.List(collect)
	return dir, list, failure(nil, err)
}

// All are all containers, those that run and those that have ended and are kept, the
// oldest first.
func (a Access) All() ([]state.Record, error) {
	_, list, err := a.all()
	return list, err
}

// Known is the container with this name or id, whether it runs or has ended.
func (a Access) Known(name string) (state.Record, error) {
	dir, err := state.Open(a.States)
	if err != nil {
		return state.Record{}, failure(nil, err)
	}
	collect, done := a.collector()
	defer done()
	r, err := dir.Find(name, collect)
	return r, failure(nil, err)
}

// Choose is the one of the containers with this name or id.
func (a Access) Choose(list []state.Record, name string) (state.Record, error) {
	r, err := state.Pick(list, name)
	return r, failure(nil, err)
}

// Lookup is the container with this name or id, which runs.
func (a Access) Lookup(name string) (state.Record, error) {
	r, err := a.Known(name)
	if err == nil && !r.Alive {
		err = failure(nil, &endedError{r})
	}
	return r, err
}

// endedError is a container that is to do something and has ended.
type endedError struct{ state.Record }

func (e *endedError) Error() string {
	says := fmt.Sprintf("the container %s does not run: it ended %s ago with status %d; ", quote(e.Called()), Ago(e.Ended), e.ExitCode)
	if e.Log != "" {
		says += "urun logs " + e.Called() + " shows what it wrote, "
	}
	return says + "urun rm " + e.Called() + " removes it"
}

// Find is the container with this name or id, which runs. Whoever finds it closes it.
func (a Access) Find(name string) (*Running, error) {
	r, err := a.Lookup(name)
	if err != nil {
		return nil, err
	}
	return a.open(r)
}

// List are the containers that run and have a cgroup of their own, the oldest first.
// Those that end meanwhile are left out. Whoever lists them closes them.
func (a Access) List() ([]*Running, error) {
	records, err := a.All()
	if err != nil {
		return nil, err
	}
	var list []*Running
	for _, r := range records {
		if !r.Alive {
			continue
		}
		if one, err := a.open(r); err == nil && one.group != nil {
			list = append(list, one)
		}
	}
	return list, nil
}

func (a Access) open(r state.Record) (*Running, error) {
	if r.Pid <= 0 {
		return nil, failure(nil, fmt.Errorf("the record of the container %s is spoilt, so its processes are not known; it ends with its urun, the process that has %s open",
			quote(r.Called()), quote(a.lock(r))))
	}
	if r.Cgroup == "" && r.Manager != "" {
		return nil, failure(nil, fmt.Errorf("the container %s is still starting; try again", quote(r.Called())))
	}
	if r.Cgroup == "" {
		return &Running{Record: r, access: a}, nil
	}
	g, err := cgroup2.Open(r.Cgroup)
	if err != nil {
		return nil, failure(nil, fmt.Errorf("the container %s has just ended: %w", quote(r.Called()), err))
	}
	g.Unit = r.Unit
	return &Running{Record: r, access: a, group: g}, nil
}

// lock is the file that the urun of a container holds.
func (a Access) lock(r state.Record) string {
	dir, err := state.Open(a.States)
	if err != nil {
		return "its lock"
	}
	return filepath.Join(dir.Of(r.ID), "lock")
}

// Paused tells of a record whether all processes of the container stand still.
func Paused(r state.Record) bool {
	if r.Cgroup == "" || !r.Alive {
		return false
	}
	b, err := os.ReadFile(filepath.Join(r.Cgroup, "cgroup.events"))
	return err == nil && strings.Contains("\n"+string(b), "\nfrozen 1\n")
}

// Spec is the final specification of a container, or nil while it is starting.
func (a Access) Spec(r state.Record) (*specs.Spec, error) {
	spec := new(specs.Spec)
	known, err := a.spec(r, spec)
	if !known {
		spec = nil
	}
	return spec, err
}

// Process is what of it is about the command. To read all of it takes half a millisecond
// more, which is most of an exec.
func (a Access) Process(r state.Record) (*specs.Process, error) {
	var part struct {
		Process *specs.Process `json:"process"`
	}
	_, err := a.spec(r, &part)
	return part.Process, err
}

func (a Access) spec(r state.Record, into any) (known bool, err error) {
	dir, err := state.Open(a.States)
	if err != nil {
		return false, failure(nil, err)
	}
	if err = dir.Spec(r.ID, into); errors.Is(err, fs.ErrNotExist) {
		if r.Alive && r.Pid > 0 && (&Running{Record: r}).ending() {
			return false, failure(nil, fmt.Errorf("the container %s has just ended", quote(r.Called())))
		}
		return false, nil // it is starting
	}
	return err == nil, failure(nil, err)
}

// Ago is how long ago that was, as people say it.
func Ago(at time.Time) string {
	if at.IsZero() {
		return "an unknown time"
	}
	d := time.Since(at)
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{365 * 24 * time.Hour, "year"}, {30 * 24 * time.Hour, "month"}, {7 * 24 * time.Hour, "week"}, {24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int(d / unit.size); n > 1 || n == 1 && unit.size <= time.Minute*60 {
			return plural(n, unit.name)
		}
	}
	return plural(max(int(d/time.Second), 0), "second")
}

func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
