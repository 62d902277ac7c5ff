package userns

import (
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// side is what differs between the map of uids and that of gids.
type side struct {
	ids      string // "uid"
	maps     []specs.LinuxIDMapping
	here     []specs.LinuxIDMapping
	own      uint32
	sub      Subordinate
	borrowed bool // the maps were given for the other side
}

// custom takes the maps that were asked for, or says what is in their way.
func custom(c Choice, w Wish) (Choice, error) {
	h := c.host
	u := side{"uid", w.UIDMaps, orEverything(h.UIDMap), h.UID, h.SubUID, false}
	g := side{"gid", w.GIDMaps, orEverything(h.GIDMap), h.GID, h.SubGID, false}
	if len(u.maps) == 0 {
		u.maps, u.borrowed = g.maps, true
	}
	if len(g.maps) == 0 {
		g.maps, g.borrowed = u.maps, true
	}
	for _, s := range []*side{&u, &g} {
		if err := s.divide(); err != nil {
			return Choice{}, err
		}
	}
	c.UIDs, c.GIDs, c.Rung = u.maps, g.maps, RungCustom
	own := isOwn(u.maps, u.own) && isOwn(g.maps, g.own)
	c.DenySetgroups = isOwn(g.maps, g.own)
	if own || h.SetUID && h.SetGID {
		if _, zero := ToContainer(u.maps, 0); zero && !h.SetFCap {
			return Choice{}, errRootLine
		}
		c.Method = Direct
		return c, nil
	}
	c.Method = Helpers
	for _, s := range []side{u, g} {
		if err := s.permitted(h); err != nil {
			return Choice{}, err
		}
	}
	for _, helper := range []Helper{h.NewUIDMap, h.NewGIDMap} {
		if !helper.Usable() {
			return Choice{}, fmt.Errorf("map ids other than one's own: %s; %s can %s", helper.Why, helper.Who, helper.Fix)
		}
	}
	return c, nil
}

// divide cuts the lines where lines of the current map end: the kernel takes a
// line only if it lies within one of those.
func (s *side) divide() error {
	if err := Validate(s.maps); err != nil {
		return fmt.Errorf("%s map: %w", s.ids, err)
	}
	var maps []specs.LinuxIDMapping
	for _, m := range s.maps {
		pieces, missing := split(Range{m.HostID, m.Size}, s.here)
		if missing > 0 {
			return fmt.Errorf("%s map %s: %d of its host ids do not exist in this user namespace", s.ids, text(m), missing)
		}
		for _, p := range pieces {
			maps = append(maps, specs.LinuxIDMapping{ContainerID: m.ContainerID + (p.Start - m.HostID), HostID: p.Start, Size: p.Count})
		}
	}
	s.maps = maps
	if err := Validate(maps); err != nil {
		return fmt.Errorf("%s map, cut where the lines of this user namespace's map end: %w", s.ids, err)
	}
	return nil
}

// permitted checks what newuidmap will check: the caller's own id alone, or ids of
// the caller's ranges.
func (s side) permitted(h Host) error {
	for _, m := range s.maps {
		if m.Size == 1 && m.HostID == s.own || covered(m.HostID, m.Size, s.sub.Ranges) {
			continue
		}
		if s.sub.Err != nil {
			return fmt.Errorf("%s map %s: find the subordinate ids of %s: %w", s.ids, text(m), h.caller(), s.sub.Err)
		}
		err := fmt.Errorf("%s map %s: host ids %d-%d are not all %s's to map; %s", s.ids, text(m),
			m.HostID, m.HostID+m.Size-1, h.caller(), s.has())
		if s.borrowed {
			return fmt.Errorf("%w; only one of the two maps was given, so it was used for %ss too", err, s.ids)
		}
		if len(s.sub.Ranges) == 0 {
			// The remedy is the user's own range, never the ids that were asked for: those
			// may be another person's.
			why := h.noRanges(s.sub, s.ids+"s")
			return fmt.Errorf("%w: %s; %s can %s", err, why.why, why.who, why.fix)
		}
		return err
	}
	return nil
}

func (s side) has() string {
	list := fmt.Sprintf("allowed are %d alone", s.own)
	for _, r := range s.sub.Ranges {
		list += fmt.Sprintf(" and %d-%d", r.Start, r.Start+r.Count-1)
	}
	return list
}

// covered says whether the n ids from start on all lie in the ranges.
func covered(start, n uint32, ranges []Range) bool {
	for n > 0 {
		got := uint32(0)
		for _, r := range ranges {
			if start >= r.Start && start-r.Start < r.Count {
				got = min(n, r.Count-(start-r.Start))
			}
		}
		if got == 0 {
			return false
		}
		start, n = start+got, n-got
	}
	return true
}
