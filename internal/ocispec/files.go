package ocispec

import (
	"cmp"
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// FileFlags choose what is seen of the file system, and what of it may be written.
type FileFlags struct {
	Volume      []string `name:"volume" short:"v" placeholder:"SRC[:DST][:OPTS]" sep:"none" help:"Show a file or directory of the host, at the same place without DST. OPTS: ro, noexec, suid, dev, bind. May be repeated."`
	Mount       []string `name:"mount" placeholder:"type=TYPE,..." sep:"none" help:"A mount in podman's long form: type=bind|tmpfs|devpts,src=SRC,dst=DST,ro. May be repeated."`
	Tmpfs       []string `name:"tmpfs" placeholder:"DST[:OPTS]" sep:"none" help:"An empty directory in memory, gone at the end. OPTS: size=, mode=, exec. May be repeated."`
	ReadOnly    bool     `name:"read-only" help:"Nothing but volumes and tmpfs can be written, not even /tmp; add --tmpfs /tmp where it is needed."`
	Ephemeral   bool     `name:"ephemeral" help:"Everything can be written and nothing of it is kept; with / only what you may write."`
	Overlay     string   `name:"overlay" placeholder:"DIR" help:"Everything can be written; what changes is kept in DIR, and ROOTFS stays as it is."`
	ImageVolume string   `name:"image-volume" placeholder:"KIND" help:"What the image calls volumes: bind (written to as the root is, also with --read-only; the default), tmpfs or ignore."`
	Deny        []string `name:"deny" placeholder:"PATH" sep:"none" help:"A file or directory that the command cannot read, list, write or execute; with / one of the host. May be repeated."`
	Workdir     string   `name:"workdir" short:"w" placeholder:"DIR" help:"The command's working directory."`
	ShmSize     string   `name:"shm-size" placeholder:"SIZE" help:"Size of /dev/shm, 64m by default."`
	Device      []string `name:"device" placeholder:"SRC[:DST][:rwm]" sep:"none" help:"Show a device of the host that you may use. May be repeated."`
}

func (f *FileFlags) apply(b *build) error {
	if err := f.applyRoot(b); err != nil {
		return err
	}
	user, err := f.userMounts(b)
	if err != nil {
		return err
	}
	if err := f.deny(b, user); err != nil {
		return err
	}
	size := int64(defaultShmSize)
	if f.ShmSize != "" {
		var ok bool
		if size, ok = parseSize(f.ShmSize); !ok {
			return bad("--shm-size", f.ShmSize, "write a size above zero, such as 64m or 1g")
		}
		if namespace(b.spec, specs.IPCNamespace) == nil {
			return bad("--shm-size", f.ShmSize, "with --ipc host /dev/shm is the host's, and its size is not yours to choose")
		}
	}
	mounts := defaultMounts(b.spec, size)
	if b.extra.HostRoot {
		mounts = append(mounts, b.freshMounts()...)
	}
	if b.extra.OwnCgroup {
		mounts = append(mounts, cgroupMount(b.extra.CgroupWritable))
	}
	volumes, err := f.imageVolumes(b, slices.Concat(mounts, user))
	if err != nil {
		return err
	}
	b.spec.Mounts, err = merge(mounts, append(user, volumes...))
	return err
}

// applyRoot carries out what concerns the root itself, and the place in it where the command starts.
func (f *FileFlags) applyRoot(b *build) error {
	switch {
	case f.Ephemeral && f.Overlay != "":
		return bad("--overlay", f.Overlay, "--ephemeral keeps nothing, --overlay keeps what changes; give one of them")
	case f.ReadOnly && f.Ephemeral:
		return errors.New("--read-only: --ephemeral is for writing; give one of them")
	case f.ReadOnly && f.Overlay != "":
		return bad("--overlay", f.Overlay, "nothing changes with --read-only; give one of them")
	}
	b.spec.Root.Readonly = f.ReadOnly
	b.extra.Ephemeral = f.Ephemeral
	if f.Overlay != "" {
		dir, err := b.abs("--overlay", f.Overlay)
		if err != nil {
			return err
		}
		b.extra.OverlayDir = dir
	}
	b.spec.Process.Cwd = "/"
	switch {
	case f.Workdir != "" && f.Workdir[0] != '/':
		return bad("--workdir", f.Workdir, "write the path inside from / on")
	case f.Workdir != "":
		b.spec.Process.Cwd = f.Workdir
	case b.image().WorkingDir != "":
		b.spec.Process.Cwd, b.extra.MakeCwd = path.Join("/", b.image().WorkingDir), true
	case b.extra.HostRoot && b.in.Cwd != "":
		b.spec.Process.Cwd = b.in.Cwd
	}
	return nil
}

// userMounts are the flags' mounts: volumes, long forms, tmpfs, devices.
func (f *FileFlags) userMounts(b *build) ([]specs.Mount, error) {
	var mounts []specs.Mount
	for _, kind := range []struct {
		values []string
		parse  func(*build, string) (specs.Mount, error)
	}{
		{f.Volume, (*build).volume},
		{f.Mount, (*build).mount},
		{f.Tmpfs, (*build).tmpfs},
		{f.Device, (*build).device},
	} {
		for _, value := range kind.values {
			m, err := kind.parse(b, value)
			if err != nil {
				return nil, err
			}
			mounts = append(mounts, m)
		}
	}
	return mounts, nil
}

// merge puts the user's mounts after the defaults; one on the same place replaces the default. A directory is mounted before what
// lies below it: otherwise it would hide it. Beyond that the order stays.
func merge(defaults, user []specs.Mount) ([]specs.Mount, error) {
	at := make(map[string]bool, len(user))
	for _, m := range user {
		if at[m.Destination] {
			return nil, errors.New("two mounts at " + strconv.Quote(m.Destination) + ": one would hide the other; give one of them")
		}
		at[m.Destination] = true
	}
	mounts := make([]specs.Mount, 0, len(defaults)+len(user))
	for _, m := range defaults {
		if !at[m.Destination] {
			mounts = append(mounts, m)
		}
	}
	mounts = append(mounts, user...)
	slices.SortStableFunc(mounts, func(a, b specs.Mount) int {
		return cmp.Compare(strings.Count(a.Destination, "/"), strings.Count(b.Destination, "/"))
	})
	return mounts, nil
}
