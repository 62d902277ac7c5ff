package transfer

import (
	"os"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/internal/callerids"
	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/unpack"
	"github.com/urun-project/urun/userns"
)

// target is whom trees are for: the ids of a container, and those with which they are unpacked. There the caller is 0.
type target struct {
	choice     userns.Choice // of the unpacker
	uids, gids []specs.LinuxIDMapping
	owners     image.Owners
}

// target is that of the request: a container's maps, or those that one has by default.
func (t *task) target() (target, error) {
	if t.ids != nil {
		return *t.ids, nil
	}
	uids, gids := t.UIDs, t.GIDs
	mode := userns.Auto
	if onlyCaller(uids, uint32(os.Geteuid())) && onlyCaller(gids, uint32(os.Getegid())) {
		mode = userns.Single
	}
	c, err := userns.Choose(userns.Wish{Mode: mode}, callerids.For(mode))
	if err != nil {
		return target{}, err
	}
	t.ids = newTarget(c, uids, gids)
	return *t.ids, nil
}

func newTarget(c userns.Choice, uids, gids []specs.LinuxIDMapping) *target {
	if len(uids) == 0 {
		uids, gids = c.UIDs, c.GIDs
	}
	return &target{choice: c, uids: uids, gids: gids, owners: image.OwnersOf(uids, gids)}
}

// onlyCaller tells whether a map has the caller's id alone.
func onlyCaller(maps []specs.LinuxIDMapping, own uint32) bool {
	return len(maps) == 1 && maps[0].Size == 1 && maps[0].HostID == own
}

// withoutHelper is the target when newuidmap has failed with err: what a container gets then, too.
func (t *task) withoutHelper(err error) bool {
	if t.ids == nil || len(t.UIDs) > 0 {
		return false // a container with these ids cannot be started either
	}
	c, ok := userns.Fallback(t.ids.choice, err)
	if ok {
		t.ids = newTarget(c, nil, nil)
	}
	return ok
}

// job is how a layer is unpacked for the target.
func (t target) job(mediaType string, flat bool) unpack.Job {
	j := unpack.Job{MediaType: mediaType, Flat: flat, OneID: t.choice.Rung == userns.RungSingle}
	if !j.OneID {
		j.UIDs, j.GIDs = through(t.uids, t.choice.UIDs), through(t.gids, t.choice.GIDs)
	}
	return j
}

// through is where the ids of a container are in the unpacker's namespace: those of them that are there.
func through(container, here []specs.LinuxIDMapping) (maps []specs.LinuxIDMapping) {
	for _, c := range container {
		for _, h := range here {
			from := max(c.HostID, h.HostID)
			to := min(uint64(c.HostID)+uint64(c.Size), uint64(h.HostID)+uint64(h.Size))
			if uint64(from) < to {
				maps = append(maps, specs.LinuxIDMapping{ContainerID: c.ContainerID + (from - c.HostID), HostID: h.ContainerID + (from - h.HostID), Size: uint32(to - uint64(from))})
			}
		}
	}
	return maps
}
