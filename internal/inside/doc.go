// Package inside does work that needs Go code inside the caller's id map: where files
// of subordinate ids can be removed or made, say.
//
// [Run] starts the caller's own executable once more, opened for reading only, in a new user
// namespace with the caller's ids; there [Main] does one [Job] and answers. A program of
// steps, as for a container, comes before it, so that there is one mechanism and no
// constructor that runs before main. What jobs there are is the executable's to say: urun knows
// how to remove, and does not link what unpacks.
//
// No process of a container may be beside it: it is urun's own binary, and one with the
// same ids could write it (CVE-2019-5736). So it must not enter a namespace of a
// container's, nor execute anything.
//
// A job that reads what strangers wrote has a Root and is confined: it is alone in new mount, pid,
// network, ipc and uts namespaces, its root directory is that one and the rest of the host's mounts is
// gone, it is not able to execute, to make a socket or a namespace or to mount, has five capabilities and a
// bounded memory (sandbox.go, confine.go). What it is given beside that are open descriptors.
//
// What must not be put here: anything that a step program can do.
//
// # Limits
//
// The caller has to be 0 in the map: any other user loses its capabilities at the exec.
package inside
