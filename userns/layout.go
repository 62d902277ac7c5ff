package userns

import (
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// existing returns the parts of ranges that can be host ids of a new map: what
// exists in this namespace, piece by piece of its own map, without the caller's
// own id, which has a line of its own. missing is the number of ids that do not
// exist here.
func existing(ranges []Range, own uint32, here []specs.LinuxIDMapping) (parts []Range, missing uint64) {
	for _, r := range ranges {
		pieces, lost := split(r, here)
		missing += lost
		for _, p := range pieces {
			parts = append(parts, without(p, own)...)
		}
	}
	return parts, missing
}

// split cuts r where a line of the current map ends, in r's order.
func split(r Range, here []specs.LinuxIDMapping) (pieces []Range, missing uint64) {
	for r.Count > 0 {
		line, found := lineOf(r.Start, here)
		if !found {
			// Go on where the next line begins.
			gap := r.Count
			for _, m := range here {
				if m.ContainerID > r.Start {
					gap = min(gap, m.ContainerID-r.Start)
				}
			}
			missing += uint64(gap)
			r = Range{r.Start + gap, r.Count - gap}
			continue
		}
		n := min(r.Count, line.Size-(r.Start-line.ContainerID))
		pieces = append(pieces, Range{r.Start, n})
		r = Range{r.Start + n, r.Count - n}
	}
	return pieces, missing
}

func lineOf(id uint32, here []specs.LinuxIDMapping) (specs.LinuxIDMapping, bool) {
	for _, m := range here {
		if id >= m.ContainerID && id-m.ContainerID < m.Size {
			return m, true
		}
	}
	return specs.LinuxIDMapping{}, false
}

func without(r Range, id uint32) []Range {
	if id < r.Start || id-r.Start >= r.Count {
		return []Range{r}
	}
	var rest []Range
	if below := id - r.Start; below > 0 {
		rest = append(rest, Range{r.Start, below})
	}
	if above := r.Count - (id - r.Start) - 1; above > 0 {
		rest = append(rest, Range{id + 1, above})
	}
	return rest
}

// lay maps the host id own to the container id at, and the ranges one after the
// other to the container ids from 0 on, leaving at out. With at 0 that is auto's
// map, with at equal to own it is keep-id's. Where the ranges end before at there
// is a gap below it, as in podman.
func lay(own, at uint32, ranges []Range) []specs.LinuxIDMapping {
	maps := make([]specs.LinuxIDMapping, 0, len(ranges)+2)
	self := specs.LinuxIDMapping{ContainerID: at, HostID: own, Size: 1}
	next := uint32(0)
	placed := false
	for _, r := range ranges {
		for r.Count > 0 {
			n := r.Count
			if !placed {
				if next == at {
					maps, placed, next = append(maps, self), true, next+1
					continue
				}
				n = min(n, at-next)
			}
			maps = append(maps, specs.LinuxIDMapping{ContainerID: next, HostID: r.Start, Size: n})
			next, r = next+n, Range{r.Start + n, r.Count - n}
		}
	}
	if !placed {
		maps = append(maps, self)
	}
	return maps
}

// identity maps every id of this namespace to itself.
func identity(here []specs.LinuxIDMapping) []specs.LinuxIDMapping {
	maps := make([]specs.LinuxIDMapping, 0, len(here))
	for _, m := range here {
		maps = append(maps, specs.LinuxIDMapping{ContainerID: m.ContainerID, HostID: m.ContainerID, Size: m.Size})
	}
	return maps
}

// fit leaves out lines from the end of a map that is longer than the kernel takes,
// but never the caller's own, and says how many.
func fit(maps []specs.LinuxIDMapping, own uint32) (kept []specs.LinuxIDMapping, dropped int) {
	self := slices.IndexFunc(maps, func(m specs.LinuxIDMapping) bool { return m.Size == 1 && m.HostID == own })
	lines, bytes := len(maps), len(format(maps))
	if lines <= maxLines && bytes <= maxBytes {
		return maps, 0
	}
	end := lines
	for end > 0 && (lines > maxLines || bytes > maxBytes) {
		end--
		if end != self {
			lines, bytes = lines-1, bytes-len(format(maps[end:end+1]))
		}
	}
	kept = slices.Clone(maps[:end])
	if self >= end {
		kept = append(kept, maps[self])
	}
	return kept, len(maps) - len(kept)
}

func isOwn(maps []specs.LinuxIDMapping, own uint32) bool {
	return len(maps) == 1 && maps[0].Size == 1 && maps[0].HostID == own
}
