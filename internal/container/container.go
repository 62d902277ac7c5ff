package container

import (
	"errors"
	"runtime/debug"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/userns"
)

// Options are the facts about one invocation: what no other runtime's config.json
// could hold. Everything else is in the spec.
type Options struct {
	UserNS     userns.Wish
	Extra      *ocispec.Extra // what the flags said beside the spec; nil for a config.json
	KeepGroups bool           // keep the caller's supplementary groups
	Ephemeral  bool           // writes to the root go to memory
	Overlay    string         // writes to the root go to this directory; absolute, "" for none
	NoInit     bool           // the command is the first process itself
	Create     bool           // stop before the command until told to start; no supervisor
	Timing     bool           // report where the time went
	Notice     func(line string)
}

// Run runs the spec's container in the foreground and returns the exit status of
// its command, 128+n if signal n ended it. An error is an [*Error].
//
// The calling goroutine must be locked to its thread: the container dies with it.
func Run(spec *specs.Spec, o Options) (status int, err error) {
	// A start allocates little and must not wait for a collection.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	l := &launch{spec: spec, opt: o}
	defer l.close()
	if err := l.prepare(); err != nil {
		return 0, failure(l, err)
	}
	for {
		if err := l.compile(); err != nil {
			return 0, failure(l, err)
		}
		status, err := l.run()
		if err == nil || !l.lower(err) {
			if l.opt.Timing {
				l.report()
			}
			return status, failure(l, err)
		}
	}
}

// lower takes the next lower rung after a failure, if there is one.
func (l *launch) lower(err error) bool {
	if ids, ok := userns.Fallback(l.ids, err); ok && !l.fellBack {
		l.fellBack, l.ids = true, ids
		return l.finalize() == nil
	}
	var missing *mountPointError
	if errors.As(err, &missing) && l.root.Skeleton == nil && !l.root.Host {
		return l.skeleton() == nil
	}
	return false
}
