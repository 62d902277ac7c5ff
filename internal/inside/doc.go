// Package inside does work that needs Go code inside the caller's id map: where files
// of subordinate ids can be removed, say.
//
// [Run] starts urun's own executable once more, opened for reading only, in a new user
// namespace with the caller's ids; there [Main] does one [Job] and answers. A program of
// steps, as for a container, comes before it, so that there is one mechanism and no
// constructor that runs before main.
//
// No process of a container may be beside it: it is urun's own binary, and one with the
// same ids could write it (CVE-2019-5736). So it has no namespace but that of its ids,
// and it must not enter one of a container's, nor execute anything.
//
// What must not be put here: anything that a step program can do.
//
// # Limits
//
// The caller has to be 0 in the map: any other user loses its capabilities at the exec.
package inside
