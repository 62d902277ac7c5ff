package mount

import (
	"encoding/binary"
	"syscall"

	"golang.org/x/sys/unix"
)

// Steps is where a plan is written down, one system call after another.
type Steps interface {
	// Call adds a system call; why is its reason in words. An argument is an
	// integer, a string (passed as a NUL-terminated string), a []byte (copied, its
	// address passed), or what an earlier method returned. The value returned
	// stands for the call's result.
	Call(why string, trap uintptr, args ...any) any
	// Tolerate lets the call that gave result fail with one of these errnos.
	Tolerate(result any, on ...syscall.Errno)
	// Else adds, right behind the call that gave result, what is done instead when
	// it fails with one of these errnos. What do returns takes the result's place.
	Else(result any, on []syscall.Errno, do func() any)
	// Unless adds, right behind the call that gave result, what is done only if it does
	// not fail with one of these errnos.
	Unless(result any, on []syscall.Errno, do func())
	// Data returns memory that starts as b; as an argument it is its address.
	Data(b []byte) any
	// Check fails with errno unless the 64-bit word at offset of data, under mask, is want.
	Check(why string, data any, offset int, mask, want uint64, errno syscall.Errno)
}

const sizeofAttr = 32 // of struct mount_attr

// openHow is struct open_how of openat2(2).
func openHow(flags uint64, resolve uint64) []byte {
	b := make([]byte, unix.SizeofOpenHow)
	binary.LittleEndian.PutUint64(b, flags|unix.O_CLOEXEC)
	binary.LittleEndian.PutUint64(b[16:], resolve)
	return b
}

// setAttr is struct mount_attr of mount_setattr(2).
func setAttr(set, clear uint64) []byte {
	b := make([]byte, sizeofAttr)
	binary.LittleEndian.PutUint64(b, set)
	binary.LittleEndian.PutUint64(b[8:], clear)
	return b
}

// How paths inside the rootfs are resolved.
const (
	inRoot = unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS
	// noLinks is for /proc, /sys and /dev: a link there would move them to where
	// nobody looks for them, over something else (CVE-2023-27561).
	noLinks = inRoot | unix.RESOLVE_NO_SYMLINKS
)

// Private keeps the mounts of the new namespace from the host's and the host's
// from it. Slave would let later mounts of the host in, read-write.
func Private(s Steps) {
	s.Call("no mount made here reaches the host, none of the host's comes in", unix.SYS_MOUNT, 0, "/", 0, unix.MS_REC|unix.MS_PRIVATE, 0)
}

// attach puts a detached mount onto a handle.
func attach(s Steps, why string, tree, onto any) {
	s.Call(why, unix.SYS_MOVE_MOUNT, tree, "", onto, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
}

func closeFD(s Steps, why string, fd any) { s.Call(why, unix.SYS_CLOSE, fd) }
