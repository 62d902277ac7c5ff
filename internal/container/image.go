package container

import (
	"errors"
	"fmt"
	"io"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/mount"
	"github.com/urun-project/urun/userns"
)

// Image is the image that a container starts from, in [Options.Store]. Root.Path of the specification is the directory of its
// record, in which users are looked up.
type Image struct {
	Name   string // by which it was asked for: its whole name
	Record image.Record
	Use    io.Closer // the lock that keeps the image from being removed; whoever calls [Run] closes it
	// Unpack makes the layers' trees for a container with these id maps: those that are missing. It is called while the
	// container's first process waits.
	Unpack func(uids, gids []specs.LinuxIDMapping) error
	// Copy unpacks all layers into one tree, root in the directory of the container. It is called as Unpack is.
	Copy func(into string, uids, gids []specs.LinuxIDMapping) error
}

// chooseLayers decides what the root is made of, once the ids are chosen: there is a tree of each layer for each id map.
func (l *launch) chooseLayers() error {
	img := l.opt.Image
	if img == nil {
		return nil
	}
	trees := img.Record.Trees(l.owners())
	_, mapped := userns.ToContainer(l.ids.UIDs, l.host.UID)
	switch {
	case len(trees) == 0:
		return errors.New("the image " + quote(img.Name) + " has no layers, so there is nothing in it to run")
	case len(trees) > mount.MostLower:
		return fmt.Errorf("the image %s has %d layers, and the kernel puts %d together at most; build it anew with its layers squashed (podman build --squash-all)", quote(img.Name), len(trees), mount.MostLower)
	case !mapped && l.owns(specs.UserNamespace):
		return errors.New("--uidmap leaves out your own id, to which the store of images belongs, so the container's root could not reach its layers; map that as well, such as --uidmap 65534:" + utoa(l.host.UID) + ":1")
	}
	if l.root.Own {
		return nil
	}
	l.root.Lower = make([]string, len(trees))
	for i, key := range trees {
		l.root.Lower[len(trees)-1-i] = l.opt.Store.Tree(key)
	}
	return nil
}

func (l *launch) owners() image.Owners { return image.OwnersOf(l.ids.UIDs, l.ids.GIDs) }

// checkPlatform says that the image was made for another machine. It may run all the same, by an emulator.
func (l *launch) checkPlatform() {
	img := l.opt.Image
	if img == nil {
		return
	}
	kind, arch, _ := strings.Cut(img.Record.Platform, "/")
	arch, _, _ = strings.Cut(arch, "/")
	native := arch == runtime.GOARCH || arch == "" || runtime.GOARCH == "amd64" && arch == "386" || runtime.GOARCH == "arm64" && arch == "arm"
	if kind != runtime.GOOS || !native {
		l.notice("the image " + quote(img.Name) + " is for " + img.Record.Platform + " and this machine is " + runtime.GOOS + "/" + runtime.GOARCH +
			": its programs run by an emulator alone, that an administrator has set up (qemu-user, binfmt_misc); urun pull --platform " + runtime.GOOS + "/" + runtime.GOARCH + " fetches this machine's, if its registry has one")
	}
}

// unpackError is a layer that could not be unpacked for the ids of the container.
type unpackError struct {
	name string
	err  error
}

func (e *unpackError) Error() string {
	return "unpack " + quote(e.name) + " for these ids: " + e.err.Error()
}
func (e *unpackError) Unwrap() error { return e.err }

// readyLayers makes sure that there are the trees of all layers, and a place for what is written above them. What is missing
// is made when the ids are sure: the child has them, and waits.
func (l *launch) readyLayers(c *forkexec.Child) error {
	img := l.opt.Image
	if img == nil {
		return nil
	}
	if l.root.Own {
		return l.copyLayers(c)
	}
	if len(l.opt.Store.Missing(img.Record, l.owners())) > 0 {
		if l.owns(specs.UserNamespace) {
			if err := l.receiveMaps(c); err != nil {
				return err
			}
		}
		l.begin("unpack the image's layers")
		l.notice("unpacking " + img.Name + " for these ids, once")
		err := errors.New("nobody is there who could")
		if img.Unpack != nil {
			err = img.Unpack(l.ids.UIDs, l.ids.GIDs)
		}
		if missing := l.opt.Store.Missing(img.Record, l.owners()); err == nil && len(missing) > 0 {
			err = errors.New(strconv.Itoa(len(missing)) + " of its layers are still missing")
		}
		if err != nil {
			return &unpackError{img.Name, err}
		}
	}
	if err := l.findTop(); err != nil {
		return err
	}
	return l.writes.fresh(l.root.Mode)
}

// findTop looks at the topmost layer: the root directory is like that.
func (l *launch) findTop() error {
	top, err := mount.Find(l.root.Lower[0])
	var st unix.Stat_t
	if err == nil {
		err = unix.Stat(l.root.Lower[0], &st)
	}
	if err != nil {
		return &rootfsError{path: l.root.Lower[0], err: err}
	}
	l.root.Mode, l.root.Attr, l.root.Owner = top.Mode, top.Attr, nil
	uid, known := userns.ToContainer(l.ids.UIDs, st.Uid)
	gid, both := userns.ToContainer(l.ids.GIDs, st.Gid)
	if known && both && (st.Uid != l.host.UID || st.Gid != l.host.GID) {
		l.root.Owner = &mount.Owner{UID: uid, GID: gid}
	}
	return nil
}

// furnish makes in an image's root what is missing, and takes the right to write away from one that is to be read-only.
func (l *launch) furnish(t *mount.Tree) {
	x, p := l.opt.extra(), l.spec.Process
	for _, dir := range x.ImageVolumes {
		t.Ensure(dir, true, false)
	}
	if x.MakeCwd && p.Cwd != "/" && !covered(l.spec.Mounts, path.Clean(p.Cwd)) {
		t.Own(p.Cwd, mount.Owner{UID: p.User.UID, GID: p.User.GID})
	}
	if !l.root.Sealed() {
		return
	}
	for _, pt := range l.points() {
		if !slices.ContainsFunc(x.ImageVolumes, func(dir string) bool { return ocispec.Within(pt.dest, dir) }) {
			t.Ensure(pt.dest, pt.dir, pt.link)
		}
	}
	t.Seal(x.ImageVolumes)
}
