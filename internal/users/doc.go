// Package users reads what a rootfs says about its users: /etc/passwd and
// /etc/group, which are hostile input.
//
// It knows how these files are opened without leaving the rootfs and without
// waiting for what only looks like a file, and what --user and --group-add mean.
// It must not learn which ids a container has, and must never ask the host's own
// user database: names are the rootfs's.
//
// # What --user takes
//
// UID, NAME, UID:GID, UID:GROUP, NAME:GID and NAME:GROUP. Decimal digits alone are
// always an id and never a name, as in moby and podman, so that a passwd line
// "1000:x:0:0" makes nobody root (CVE-2024-40635 is a number that was not taken
// for one). Leading zeros change nothing: 010 is ten. A sign, an empty part and a
// number above 4294967294 are errors; 0x1 is a name.
//
// Without a group the passwd line gives it, and /etc/group the supplementary ones.
// A uid that has no passwd line gets gid 0 and no further groups, as in moby and
// podman. With a group there are no supplementary groups.
//
// # Limits
//
// Files above 16 MiB and lines above 1 MiB are refused. A malformed line is an
// error where it is the one asked for, otherwise it is passed over. Of several
// lines the first counts.
package users
