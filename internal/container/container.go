package container

import (
	"errors"
	"runtime/debug"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/ladder"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/internal/state"
	"github.com/urun-project/urun/userns"
)

// Options are the facts about one invocation: what no other runtime's config.json
// could hold. Everything else is in the spec.
type Options struct {
	UserNS  userns.Wish
	Image   *Image            // what it starts from; nil: the directory Root.Path
	Store   image.Store       // where images are, and what containers that start from one write
	Extra   *ocispec.Extra    // what the flags said beside the spec; nil for a config.json
	ID      string            // 64 hex digits; what the container is found by
	Buses   []string          // D-Bus addresses at which the user's systemd may be, the likeliest first
	States  []string          // directories that may keep the records of running containers, the likeliest first
	Network network.Wish      // what is asked of the network
	Places  network.Places    // where its drivers are looked for
	Joined  *state.Record     // of mode container: whose network it is
	Runtime string            // why XDG_RUNTIME_DIR cannot be used for records; "": it can, or is not set
	Within  string            // the kind of container that urun itself is in, for messages; "" for none
	Net     bool              // of Unshare: a network namespace of its own
	Wishes  state.Wishes      // what later commands need to know
	Detach  *Detach           // of a container in the background; nil: in the foreground
	TTYs    Terminals         // what the caller hands in that the command is not to have
	Timeout time.Duration     // after which the container is ended; 0: never
	CIDFile string            // where its id is written to, a file that does not exist; or ""
	PIDFile string            // where the host's number of its first process is written to; or ""
	Create  bool              // stop before the command until told to start; no supervisor
	Timing  bool              // find out where the time goes
	Debug   *Trace            // tells what happens; nil: nothing does
	Strict  bool              // what cannot be had is an error
	Notice  func(line string) // says one line to the user
}

// extra is what the flags said, or their defaults.
func (o *Options) extra() ocispec.Extra {
	if o.Extra == nil {
		return ocispec.Extra{Init: true}
	}
	return *o.Extra
}

// noInit tells whether the command is the first process itself.
func (l *launch) noInit() bool { return l.bare || l.target != nil || !l.opt.extra().Init }

// Result is what became of a container.
type Result struct {
	Status   int    // the command's exit status, 128+n if signal n ended it
	OOMKills uint64 // how many of its processes the kernel killed for memory
	Cgroup   string // the directory of its cgroup; "" without one of its own
	Unit     string // systemd's name for that; "" if it was made by hand
	Network  state.Network
	TimedOut bool          // it was ended because its time was over
	Rung     string        // where it stood on this machine
	Lost     []ladder.Loss // what it had to do without
	Timings  *Timings      // where the time of its start went; nil unless that was asked, or when it never ran
}

// Run runs the spec's container in the foreground. An error is an [*Error].
//
// The container dies with the calling thread; see [forkexec.Spawn].
func Run(spec *specs.Spec, o Options) (r Result, err error) {
	// A start allocates little and must not wait for a collection.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	l := &launch{spec: spec, opt: o}
	defer l.close()
	if err := l.plan(); err != nil {
		return r, failure(l, err)
	}
	if err := l.reservePorts(); err != nil {
		return r, failure(l, err)
	}
	if err := l.openFiles(); err != nil {
		return r, failure(l, err)
	}
	if err := l.openOutput(); err != nil {
		return r, failure(l, err)
	}
	l.heed()
	l.result.Status, err = l.start(l.prepare, l.compile)
	if l.record.record.Started.IsZero() || !l.record.record.Keep {
		l.out.discard()
		l.removeFiles()
	}
	l.result.Network = l.describeNetwork()
	l.result.TimedOut = l.timedOut.Load()
	l.result.Rung, l.result.Lost = l.up.stand.Rung(), l.up.stand.Lost
	l.result.Timings = l.timings()
	if n := l.result.OOMKills; n > 0 && err == nil {
		l.notice(starved(n, l.place.limit()))
	}
	return l.result, failure(l, err)
}

// start decides, clones and runs, once more on each lower rung. What takes long goes
// side by side: prepare with the clone, the id maps with compile, both with the
// namespaces that the child makes for itself.
func (l *launch) start(prepare, compile func() error) (status int, err error) {
	early, late := l.flags() // before prepare, which completes the spec meanwhile
	if l.place.wanted {
		l.place.begin()
	}
	l.begin("clone, and meanwhile prepare")
	ready := make(chan error, 1)
	prepared := l.beside("prepare: look at the host and decide")
	go func() {
		err := prepare()
		prepared()
		ready <- err
	}()
	c, err := l.spawn(early, late)
	l.listenForStop()
	if wrong := <-ready; wrong != nil {
		err = wrong // it explains more than a clone that failed as well
	}
	for {
		l.traceChild(c, early, late)
		if err == nil {
			l.traceChoices()
			status, err = l.run(c, compile)
		}
		if c != nil {
			if err != nil {
				err = l.abandon(c, err)
			}
			l.opt.Debug.leave(false)
			c.Close()
		}
		var interrupted *interruptedError
		if errors.As(err, &interrupted) {
			return Signalled(interrupted.signal), nil
		}
		l.opt.Debug.fails(whoUrun, err)
		var again bool
		if again, err = l.lower(err); !again {
			return status, err
		}
		l.opt.Debug.say(whoUrun, "begin again, on a lower rung")
		early, late = l.flags()
		c, err = l.spawn(early, late)
	}
}

// spawn clones the child, in namespaces that exist where the spec says so.
func (l *launch) spawn(early, late uintptr) (*forkexec.Child, error) {
	if l.target != nil {
		return forkexec.Spawn(0, 0, true, l.target.join)
	}
	joined, err := l.openJoined()
	if err != nil {
		return nil, err
	}
	defer closeAll(joined)
	join := make([]forkexec.Join, len(joined))
	for i, f := range joined {
		join[i].FD = int(f.Fd())
	}
	return forkexec.Spawn(early, late, !l.bare, join...)
}
