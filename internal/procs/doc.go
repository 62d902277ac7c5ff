// Package procs lists processes as those see themselves who are in a container, from
// what the host's /proc tells.
//
// It knows /proc/PID, and the columns of podman-top(1). It must not learn what a
// container is or where it is kept, and it signals nobody. Names of users are looked
// up by whoever calls: inside the container, where the files are hostile.
//
// # Which view
//
// The view is that of the first process: of those of the highest pid namespace the one
// that was started first. Ids are translated by its maps, pids are those of its pid
// namespace. A container can change what it is called and what its arguments are, at
// any time; they are given as they are, and whoever prints them escapes them.
//
// # Limits
//
// A list is no snapshot: what ended while it was made is left out, what was started
// meanwhile may be missing. Of the arguments the first 32 KiB are read. To find out
// which pid namespace a process is in takes the rights of ptrace(2), which the owner
// of a user namespace has for all in it.
package procs
