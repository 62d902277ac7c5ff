package unpack

import (
	"archive/tar"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// override is where podman's storage, too, records an owner that a file cannot have.
const override = "user.containers.override_stat"

// owner is to whom something is to belong in the tree, and what is recorded when that is not the owner in the image.
type owner struct {
	uid, gid int
	record   string
}

// ids translates those of the image.
type ids struct {
	uids, gids []specs.LinuxIDMapping
	one        bool
}

func (m ids) owner(name string, h *tar.Header) (owner, error) {
	if m.one {
		if h.Uid == 0 && h.Gid == 0 {
			return owner{}, nil
		}
		return owner{record: fmt.Sprintf("%d:%d:0%o", h.Uid, h.Gid, h.Mode&0o7777)}, nil
	}
	uid, err := translate(m.uids, h.Uid, name, "user")
	if err != nil {
		return owner{}, err
	}
	gid, err := translate(m.gids, h.Gid, name, "group")
	return owner{uid: uid, gid: gid}, err
}

func translate(table []specs.LinuxIDMapping, id int, name, kind string) (int, error) {
	if id < 0 || int64(id) >= 1<<32-1 {
		return 0, fmt.Errorf("unpack %s: %d is not an id of a %s", quote(name), id, kind)
	}
	if len(table) == 0 {
		return id, nil
	}
	for _, m := range table {
		if n := int64(id) - int64(m.ContainerID); n >= 0 && n < int64(m.Size) {
			return int(int64(m.HostID) + n), nil
		}
	}
	return 0, noPlace(id, name, kind)
}

// noPlace is the error for an id that the namespace does not have.
func noPlace(id int, name, kind string) error {
	return fmt.Errorf("unpack %s: it belongs to the %s %d, which has no place among the subordinate ids: the range would have to be %d long; or use one id (--userns=single), with which the owner is only recorded", quote(name), kind, id, id)
}

// chown gives a file its owner. New ones have 0 already, unless their directory hands on its group.
func (t *tree) chown(d *dir, base, name string, o owner, fresh bool, h *tar.Header) error {
	if o.uid == 0 && o.gid == 0 && fresh && !d.setgid {
		return nil
	}
	err := unix.Fchownat(d.fd, base, o.uid, o.gid, unix.AT_SYMLINK_NOFOLLOW)
	if err == unix.EINVAL { // user_namespaces(7): the id has no mapping
		if h.Uid > 0 {
			return noPlace(h.Uid, name, "user")
		}
		return noPlace(h.Gid, name, "group")
	}
	if err != nil {
		return fmt.Errorf("give %s its owner %d:%d: %w", quote(name), h.Uid, h.Gid, err)
	}
	return nil
}
