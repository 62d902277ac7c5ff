// Package state keeps a record of each container, so that a later command finds it by its
// id or name.
//
// A record is a directory of its own: with lock, which the urun of the container holds
// with flock(2) for as long as it lives and writes the exit status into at the end, with
// state.json, and with config.json, the specification that it was started from. The lock
// is the truth: a record whose lock can be taken belongs to a container that is gone,
// however its urun ended. Whoever sees it next collects it, or notes what became of a
// container of which something is to be kept. A name is a link beside the records.
//
// It must not know what a container is made of or how one is started or stopped, and
// it reads no environment: where the records are, the caller says.
package state
