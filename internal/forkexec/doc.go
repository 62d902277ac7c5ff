// Package forkexec starts a process from data: a program of system calls that a
// forked child carries out one by one and that ends in execveat(2).
//
// It knows steps, registers, barriers, the memory that parent and child use,
// and the small init every container ends in. It does not know containers: what
// is mounted where, which ids are mapped and in what order things happen is
// written by its callers. Nothing that allocates, takes a lock or calls into the
// Go runtime may be added to the child's side.
//
// # Rules of the child
//
// The child shares the caller's memory until its exec, as after vfork(2), but both
// run: so no page table is copied, no page afterwards, and the start takes half a
// millisecond less than with a fork(2) of the Go process. It has one thread, no
// scheduler and no garbage collector. It runs one function, interpret, on a stack
// of its own; that function is nosplit, norace and noinline, makes raw system calls
// only, and reads and writes only the arena: a mapping that holds the steps, their
// strings and structs, the results and the report, and that stays until the child
// has ended. The address of a Go variable never goes into a step: the compiler may
// have put it on a stack that moves, the collector may free it.
//
// Signals are blocked in the cloning thread before the clone and stay blocked in
// the child until init gives the command the caller's mask. No handler of the Go
// runtime can run in the child meanwhile, and execve(2) resets them all, so none
// has to be reset by hand.
package forkexec
