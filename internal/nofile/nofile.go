// Package nofile knows the limit on open files that urun was started with.
//
// The os package raises the soft limit to the hard one when it is initialised and
// gives the old one only to processes that it starts itself. A container's command
// is not among them, and programs that loop over all descriptors, or use select(2),
// suffer from a limit of a million. Nothing else belongs here.
package nofile

import "syscall"

// Inherited is RLIMIT_NOFILE as the caller set it; zero if it could not be read.
//
// Packages are initialised in the order of their import paths as far as their
// imports allow (Go specification, "Program initialization"). This one imports only
// syscall and sorts before os, so it looks before os changes anything. Its test
// keeps that true.
var Inherited = get()

func get() (r syscall.Rlimit) {
	_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r) // only a bad address could fail
	return r
}
