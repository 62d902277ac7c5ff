package doctor

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

func lookAtDirs(o Options) Dirs {
	return Dirs{
		Runtime: lookAt(o.RuntimeDir), State: lookAt(o.StateDir), Data: lookAt(o.DataDir), Home: lookAt(o.Home),
		Unusable: o.Runtime, Records: recordsDir(o.Records),
	}
}

// lookAt looks at a directory; of one that does not exist, at where it would be made.
func lookAt(name string) (d Dir) {
	d.Path = name
	if name == "" {
		return d
	}
	at := filepath.Clean(name)
	var st unix.Stat_t
	err := unix.Stat(at, &st)
	d.Exists = err == nil
	for err != nil && errors.Is(err, fs.ErrNotExist) && at != "/" && at != "." {
		at = filepath.Dir(at)
		err = unix.Stat(at, &st)
	}
	if err != nil {
		d.Err = err
		return d
	}
	d.Owner, d.Mode = st.Uid, st.Mode&0o7777
	d.Writable = unix.Access(at, unix.W_OK|unix.X_OK) == nil
	d.Readable = unix.Access(at, unix.R_OK|unix.X_OK) == nil
	var fs unix.Statfs_t
	if d.Err = unix.Statfs(at, &fs); d.Err == nil {
		d.NoExec, d.ReadOnly = fs.Flags&unix.ST_NOEXEC != 0, fs.Flags&unix.ST_RDONLY != 0
		d.Free = fs.Bavail * uint64(fs.Bsize)
		d.Type = typeOf(int64(fs.Type))
	}
	return d
}

// typeOf names the file systems that people have, by statfs(2)'s magic numbers.
func typeOf(magic int64) string {
	types := map[int64]string{
		unix.EXT4_SUPER_MAGIC: "ext4", unix.XFS_SUPER_MAGIC: "xfs", unix.BTRFS_SUPER_MAGIC: "btrfs", unix.TMPFS_MAGIC: "tmpfs",
		unix.OVERLAYFS_SUPER_MAGIC: "overlay", unix.NFS_SUPER_MAGIC: "nfs", unix.FUSE_SUPER_MAGIC: "fuse", unix.SQUASHFS_MAGIC: "squashfs",
		unix.EROFS_SUPER_MAGIC_V1: "erofs", unix.F2FS_SUPER_MAGIC: "f2fs", unix.MSDOS_SUPER_MAGIC: "vfat", unix.V9FS_MAGIC: "9p",
		unix.SMB2_SUPER_MAGIC: "cifs", unix.CIFS_SUPER_MAGIC: "cifs", unix.CEPH_SUPER_MAGIC: "ceph", 0x2fc12fc1: "zfs", 0xbd00bd0: "lustre", 0x47504653: "gpfs",
		unix.ECRYPTFS_SUPER_MAGIC: "ecryptfs", unix.AFS_FS_MAGIC: "afs", unix.RAMFS_MAGIC: "ramfs", unix.ISOFS_SUPER_MAGIC: "iso9660", 0xca451a4e: "bcachefs",
	}
	if name := types[magic&0xffffffff]; name != "" {
		return name
	}
	return "0x" + strconv.FormatInt(magic&0xffffffff, 16)
}

// recordsDir is where a start would keep its record; see state.Open, which makes it.
func recordsDir(dirs []string) string {
	for _, dir := range dirs {
		var st unix.Stat_t
		switch err := unix.Lstat(dir, &st); {
		case err == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR && int(st.Uid) == unix.Getuid():
			return dir
		case errors.Is(err, unix.ENOENT) && unix.Access(filepath.Dir(dir), unix.W_OK|unix.X_OK) == nil:
			return dir
		}
	}
	return ""
}
