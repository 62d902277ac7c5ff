// Package ladder decides how much of what is wanted a machine allows, and has the words
// for what it does not.
//
// [Climb] is one pure function: from what was found on a machine, a [Host], and what a
// command asks for, a [Wish], to the [Standing]: the rung for each property, a [Loss] for
// each that is not had, and where nothing works, every attempt with its cause and its
// remedy. A start, urun doctor and the tests all ask it.
//
// What is not known of a machine counts as no obstacle: a start climbs first with what it
// has looked at, and once more when something turned out to be refused. So nothing is
// looked at that is not needed, and nothing twice.
//
// It must not make a system call, read a file or know the order of a launch. It knows the
// packages of knowledge whose facts and choices it puts together, and imports them for
// their types and pure functions alone.
package ladder
