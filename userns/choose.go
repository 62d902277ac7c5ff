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
func (c Choice) single(lost ...Loss) Choice {
	uid, gid := uint32(0), uint32(0)
	if c.mode == KeepID {
		uid, gid = c.host.UID, c.host.GID
	}
	c.UIDs = lay(c.host.UID, uid, nil)
	c.GIDs = lay(c.host.GID, gid, nil)
	c.Method, c.DenySetgroups, c.Rung, c.Lost = Direct, true, RungSingle, lost
	return c
}

// ranges maps the caller and the subordinate ids, or the caller alone if need be.
func (c Choice) ranges() Choice {
	h := c.host
	hereU, hereG := orEverything(h.UIDMap), orEverything(h.GIDMap)
	uids, lostU := existing(h.SubUID.Ranges, h.UID, hereU)
	gids, lostG := existing(h.SubGID.Ranges, h.GID, hereG)
	direct := h.SetUID && h.SetGID
	c.Method, c.Rung = Helpers, RungFull
	if direct {
		c.Method, c.Rung = Direct, RungDirect
	}
	if direct && h.UID == 0 && (len(uids) == 0 || len(gids) == 0) {
		return c.identity(hereU, hereG)
	}
	if why, found := h.obstacle(uids, gids, direct); found {
		return c.single(why.loss())
	}
	atU, atG := uint32(0), uint32(0)
	if c.mode == KeepID {
		atU, atG = h.UID, h.GID
	}
	c.UIDs, c.GIDs = lay(h.UID, atU, uids), lay(h.GID, atG, gids)
	c.noteMissing(lostU, h.SubUID, "uids")
	c.noteMissing(lostG, h.SubGID, "gids")
	c.cutLong()
	return c
}

// identity maps root's namespace as it is, unless that has one id, as within
// unshare -r.
func (c Choice) identity(uids, gids []specs.LinuxIDMapping) Choice {
	c.UIDs, c.GIDs = identity(uids), identity(gids)
	if isOwn(c.UIDs, c.host.UID) || isOwn(c.GIDs, c.host.GID) {
		return c.single(cause{"this user namespace has no other", "give it a range of ids", starter}.loss())
	}
	c.cutLong()
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

// cutLong makes the maps as short as the kernel wants them.
func (c *Choice) cutLong() {
	var dropped [2]int
	c.UIDs, dropped[0] = fit(c.UIDs, c.host.UID)
	c.GIDs, dropped[1] = fit(c.GIDs, c.host.GID)
	for i, ids := range [...]string{"uids", "gids"} {
		if dropped[i] > 0 {
			c.Lost = append(c.Lost, Loss{
				What: fmt.Sprintf("the last %d ranges of %s are left out", dropped[i], ids),
				Why:  fmt.Sprintf("the kernel takes a map of %d lines and %d bytes at most", maxLines, maxBytes),
			})
		}
	}
}
