// Package nofile knows the limit on open files that urun was started with.
//
// Go's syscall package raises the soft limit to the hard one when it is
// initialised and gives the old one only to processes that it starts itself. A
// container's command is not among them, and programs that loop over all
// descriptors, or use select(2), suffer from a limit of a million. Nothing else
// belongs here.
package nofile

// Limit is struct rlimit of getrlimit(2).
type Limit struct{ Cur, Max uint64 }

// Inherited is RLIMIT_NOFILE as the caller set it; zero if it could not be read.
//
// Packages are initialised in the order of their import paths as far as their
// imports allow (Go specification, "Program initialization"). This one imports
// nothing, for which it makes the system call itself, and sorts before syscall. Its
// test keeps that true.
var Inherited = get()

func get() (l Limit) {
	getrlimit(&l)
	return l
}

// getrlimit is getrlimit(RLIMIT_NOFILE, l). It can fail only for a bad address.
//
//go:noescape
func getrlimit(l *Limit)
