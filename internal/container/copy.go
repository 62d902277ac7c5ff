package container

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/ladder"
	"github.com/urun-project/urun/mount"
)

// lacksOverlay tells that the step has failed because there is no overlay at all. With --overlay it is what was asked for. With --pid
// host there may be processes that outlive urun, and the copy does not.
func (l *launch) lacksOverlay(e *forkexec.StepError) bool {
	first := strings.HasPrefix(e.Call, `fsopen("overlay"`) && (e.Errno == unix.ENODEV || e.Errno == unix.EPERM)
	many := strings.HasPrefix(e.Call, `mount("overlay"`) && e.Errno == unix.ENODEV // EPERM has other reasons, too
	return (first || many) && len(l.root.Lower) > 0 && l.opt.extra().OverlayDir == "" && l.owns(specs.PIDNamespace)
}

// lowerLayers takes a copy of the image, which the container has for itself, for its layers. It goes with the container, so
// --ephemeral has what it asks for.
func (l *launch) lowerLayers(e *forkexec.StepError) (again bool, _ error) {
	why := "the kernel has no overlay"
	if e.Errno == unix.EPERM {
		why = "the kernel refuses you an overlay"
	}
	if lost := l.learn(func(h *ladder.Host) { h.NoOverlay, h.Writes = why, "" }); lost != nil {
		return false, lost
	}
	if l.writes.made == nil {
		if err := l.writes.make(l.opt.Store, l.opt.ID); err != nil {
			return false, fmt.Errorf("%w; and a copy of the image cannot be made: %w", e, err)
		}
	}
	l.root.Own, l.root.Lower, l.root.Store, l.root.Volatile, l.root.Ephemeral, l.root.Owner = true, nil, nil, false, false, nil
	return true, nil
}

// copyLayers has the copy made, when the ids are sure. One that an attempt has left which came to nothing may be for other ids.
func (l *launch) copyLayers(c *forkexec.Child) error {
	if l.owns(specs.UserNamespace) {
		if err := l.receiveMaps(c); err != nil {
			return err
		}
	}
	l.begin("copy the image")
	l.tellLosses(l.notice) // before it takes its time
	img, root := l.opt.Image, filepath.Join(l.writes.made.Path, "root")
	err := removeTree(root)
	if err == nil {
		if err = errors.New("nobody is there who could"); img.Copy != nil {
			err = img.Copy(l.writes.made.Path, l.ids.UIDs, l.ids.GIDs)
		}
	}
	if err != nil {
		return &unpackError{img.Name, err}
	}
	if l.root.Source, err = mount.Find(root); err != nil {
		return &rootfsError{path: root, err: err}
	}
	return nil
}
