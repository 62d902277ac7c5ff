// Package mount plans the file systems of a container as system calls.
//
// It knows the new mount API (fsopen(2), open_tree(2), move_mount(2),
// mount_setattr(2)), how a path inside a hostile rootfs is resolved, overlays, and
// what a minimal /dev holds. Nothing here makes a system call: functions write
// steps to a [Steps], and whoever carries them out is in the new user and mount
// namespaces with every capability. The order in which a container is put together
// is the caller's, and so are id maps, terminals and processes.
//
// # Handles, never strings
//
// The rootfs and everything in it are hostile until the command runs, and after
// that too. Each path inside it is resolved once, with openat2(2) under the handle
// of its root (RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS), to a descriptor that is
// from then on used instead of the path. So a symlink leads nowhere but into the
// rootfs, and an exchange of directories between check and use changes nothing
// (CVE-2021-30465, CVE-2024-45310). Mounts are made detached and attached to such a
// handle.
//
// # Limits
//
// Linux 5.12 (mount_setattr(2)) and overlay in user namespaces (5.11). Before 6.6
// tmpfs has no user xattrs, so a writable overlay whose upper layer is on tmpfs
// cannot replace directories (EIO).
package mount
