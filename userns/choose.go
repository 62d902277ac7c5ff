package userns

import (
	"errors"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Choose finds the best maps that h allows for w. It is a pure function. What auto
// and keep-id cannot have is in the choice's Lost; what was asked for line by line
// and cannot be had is an error.
//
// Root with CAP_SETUID and CAP_SETGID and without subordinate ids gets every id of
// its namespace as it is: that of a CI container, say. Another user with these
// capabilities does not, because the ids belong to other people.
func Choose(w Wish, h Host) (Choice, error) {
	c := Choice{NewUIDMap: h.NewUIDMap, NewGIDMap: h.NewGIDMap, mode: w.Mode, host: h}
	if w.Mode == Custom {
		return custom(c, w)
	}
	if err := h.mayMapItself(); err != nil {
		return Choice{}, err
	}
	if w.Mode == Single {
		return c.single(), nil
	}
	return c.ranges(), nil
}

// mayMapItself refuses what no map with the caller in it can do.
func (h Host) mayMapItself() error {
	if _, ok := lineOf(h.UID, orEverything(h.UIDMap)); !ok {
		return fmt.Errorf("uid %d is not mapped in this user namespace, so it cannot have another", h.UID)
	}
	if _, ok := lineOf(h.GID, orEverything(h.GIDMap)); !ok {
		return fmt.Errorf("gid %d is not mapped in this user namespace, so it cannot have another", h.GID)
	}
	if h.UID == 0 && !h.SetFCap {
		return errRootLine
	}
	return nil
}

// errRootLine is user_namespaces(7)'s rule since Linux 5.12.
var errRootLine = errors.New("mapping uid 0 of this user namespace takes CAP_SETFCAP, which is missing; " +
	"add it (docker: --cap-add SETFCAP) or start as another user")

// single maps the caller alone: to 0, or in keep-id to itself.
func (c Choice) single() Choice {
	uid, gid := uint32(0), uint32(0)
	if c.mode == KeepID {
		uid, gid = c.host.UID, c.host.GID
	}
	c.UIDs = lay(c.host.UID, uid, nil)
	c.GIDs = lay(c.host.GID, gid, nil)
	c.Method, c.DenySetgroups, c.Rung = Direct, true, RungSingle
	return c
}

// ranges maps the caller and the subordinate ids, or the caller alone if need be.
func (c Choice) ranges() Choice {
	h := c.host
	hereU, hereG := orEverything(h.UIDMap), orEverything(h.GIDMap)
	uids, lostU := existing(h.SubUID.Ranges, h.UID, hereU)
	gids, lostG := existing(h.SubGID.Ranges, h.GID, hereG)
	direct := h.SetUID && h.SetGID

	if direct && h.UID == 0 && (len(uids) == 0 || len(gids) == 0) {
		c.UIDs, c.GIDs = identity(hereU), identity(hereG)
	} else if why, ok := h.obstacle(uids, gids, direct); ok {
		c = c.single()
		c.Lost = append(c.Lost, why.loss())
		return c
	} else {
		atU, atG := uint32(0), uint32(0)
		if c.mode == KeepID {
			atU, atG = h.UID, h.GID
		}
		c.UIDs, c.GIDs = lay(h.UID, atU, uids), lay(h.GID, atG, gids)
		c.noteMissing(lostU, h.SubUID, "uids")
		c.noteMissing(lostG, h.SubGID, "gids")
	}
	c.UIDs = c.noteLong(c.UIDs, h.UID, "uids")
	c.GIDs = c.noteLong(c.GIDs, h.GID, "gids")
	c.Method, c.Rung = Helpers, RungFull
	if direct {
		c.Method, c.Rung = Direct, RungDirect
	}
	return c
}

// obstacle is the first thing in the way of the subordinate ids.
func (h Host) obstacle(uids, gids []Range, direct bool) (cause, bool) {
	if !direct && h.NoNewPrivs && h.NewUIDMap.Why != "" {
		// First: with it nothing else that could be mended would help.
		return cause{h.NewUIDMap.Why, h.NewUIDMap.Fix, h.NewUIDMap.Who}, true
	}
	for _, s := range []struct {
		sub  Subordinate
		have []Range
		ids  string
	}{{h.SubUID, uids, "uids"}, {h.SubGID, gids, "gids"}} {
		switch {
		case s.sub.Err != nil || len(s.sub.Ranges) == 0:
			return h.noRanges(s.sub, s.ids), true
		case len(s.have) == 0:
			return cause{fmt.Sprintf("the subordinate %s that %s gives %s do not exist in this user namespace", s.ids, s.sub.Source, h.caller()),
				"map them here, or give ids that are mapped", starter}, true
		}
	}
	for _, helper := range []Helper{h.NewUIDMap, h.NewGIDMap} {
		if !direct && !helper.Usable() {
			return cause{helper.Why, helper.Fix, helper.Who}, true
		}
	}
	return cause{}, false
}

func (c *Choice) noteMissing(n uint64, s Subordinate, ids string) {
	if n > 0 {
		c.Lost = append(c.Lost, Loss{
			What: fmt.Sprintf("%d subordinate %s are left out", n, ids),
			Why:  fmt.Sprintf("of those that %s gives %s they do not exist in this user namespace", s.Source, c.host.caller()),
		})
	}
}

func (c *Choice) noteLong(maps []specs.LinuxIDMapping, own uint32, ids string) []specs.LinuxIDMapping {
	maps, dropped := fit(maps, own)
	if dropped > 0 {
		c.Lost = append(c.Lost, Loss{
			What: fmt.Sprintf("the last %d ranges of %s are left out", dropped, ids),
			Why:  fmt.Sprintf("the kernel takes a map of %d lines and %d bytes at most", maxLines, maxBytes),
		})
	}
	return maps
}
