// Package landlock knows Landlock, by which a process gives up rights over files for
// itself and its descendants, for good: landlock(7).
//
// What is wanted is a [Wish], what the kernel has is found by [Probe], and [Decide]
// makes a [Ruleset] of the two: data, which [Ruleset.Write] writes down as system calls
// for a [Steps]. Nothing here but Probe makes a system call. Which container gets a
// ruleset is decided elsewhere.
//
// # What it gives
//
// Nothing outside of the paths that are named can be written, whatever becomes of the
// mounts; and the mounts stay: mount(2), umount2(2), move_mount(2) and pivot_root(2) are
// EPERM for who has a ruleset that handles a right over files, also with CAP_SYS_ADMIN.
//
// # Limits
//
// Rights can only be given to what is beneath a path, not taken from it. Changes of
// modes, owners, times and extended attributes are not covered. open_tree(2) and
// fsmount(2) still make mounts that are nowhere, and mount_setattr(2) still changes
// those that are somewhere: who has CAP_SYS_ADMIN can look beneath a mount with them.
package landlock
