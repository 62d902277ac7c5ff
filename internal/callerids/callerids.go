// Package callerids finds out which ids the caller has: its own, from userns, and its subordinate ones, from subid. The two
// know nothing of each other; whoever needs a map of ids for the caller begins here.
//
// It must not choose a map, which is userns's, nor look at files that subid does not.
package callerids

import (
	"github.com/urun-project/urun/subid"
	"github.com/urun-project/urun/userns"
)

// For looks at the caller and, where they matter for the mode, at its subordinate ids: with one id they do not, and who may
// map any id needs none.
func For(mode userns.Mode) userns.Host {
	h := userns.Probe()
	if mode == userns.Single || h.SetUID && h.SetGID {
		return h
	}
	return subordinate(h)
}

// All looks at everything, whether or not it matters.
func All() userns.Host { return subordinate(userns.Probe()) }

func subordinate(h userns.Host) userns.Host {
	// Without a name only lines by number count; the error shows in the lookup.
	h.Name, _ = subid.Name(h.UID)
	for _, k := range []struct {
		kind subid.Kind
		to   *userns.Subordinate
	}{{subid.UIDs, &h.SubUID}, {subid.GIDs, &h.SubGID}} {
		r, err := subid.Lookup(k.kind, h.Name, h.UID)
		*k.to = userns.Subordinate{Ranges: r.Ranges, Source: r.Source, Err: err}
	}
	return h
}
