// Package container starts containers: it has the order in which one is put
// together.
//
// parent.go and child.go face each other: what the caller's process does and what
// the new process does, with the barriers at which they wait. How a mount or an id
// map is made is not here but in the packages that know one subject each; how a
// step is carried out is in internal/forkexec. Sentences about failures are in
// explain.go and nowhere else.
package container
