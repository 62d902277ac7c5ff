// Package state keeps a record of each container that runs, so that a later command
// finds it by its id or name.
//
// A record is a directory of its own with two files: lock, which the urun of the
// container holds with flock(2) for as long as it lives, and state.json. The lock is
// the truth: a record whose lock can be taken belongs to a container that is gone,
// however its urun ended, and is collected by whoever sees it next.
//
// It must not know what a container is made of or how one is started or stopped, and
// it reads no environment: where the records are, the caller says.
package state
