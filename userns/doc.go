// Package userns decides which ids a user namespace gets and writes its maps.
//
// It has three parts: [Probe] looks at what the machine and the caller have,
// [Choose] is a pure function from that and a wish to a [Choice], and
// [Choice.Write] carries it out for a process in a new user namespace, with
// newuidmap(1) and newgidmap(1) or by writing the files of user_namespaces(7).
//
// It must not learn where subordinate ids are kept: a caller looks them up and
// puts them into [Host]. Nor does it create namespaces or know what a container
// is, and it imports no other package of its module.
//
// # Limits
//
// A host id is always an id of the namespace the caller is in, as unshare(1) and
// docker take it; podman's --uidmap counts along the caller's own range instead.
// Whether newuidmap will really do its work is known only after it was tried,
// because it may ask a directory service or be held back by a security module:
// [Fallback] turns its failure into the choice to start over with.
package userns
