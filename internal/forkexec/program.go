package forkexec

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// Ref stands for the result of a step: the descriptor an open gave, say. It is
// an argument of later steps.
type Ref int

// Data stands for memory of the program that steps share: a struct the kernel
// fills, an array it reads. As an argument it is the memory's address.
type Data int

// Named stands for a descriptor that is known only when the program starts.
type Named string

// The descriptors every program has.
const (
	Control    Named = "control"     // the child's end of the socket to the parent
	Init       Named = "init"        // the sealed memfd of the init
	InitWriter Named = "init-writer" // the same, as it was written
)

type kind uint32

const (
	call  kind = iota
	wait       // block until the parent writes one byte; its end closed means die
	alive      // like wait, without blocking: has the parent died?
	check      // compare a word of memory
	store      // put a result into memory
)

// Step is one line of a program.
type Step struct {
	Kind kind
	Why  string  // what breaks without it; --explain prints it
	Trap uintptr // the system call's number
	Args []any   // int64 (a value), Ref, Data or Named
	Into Ref     // whose place the result takes: its own, or that of the step it is an alternative of
	On   []syscall.Errno
	Skip int // how many steps to leave out after success: they are what to do on a tolerated errno
	Miss int // how many steps to leave out after a tolerated errno

	// Of a check or a store: where, and what.
	Offset     int
	Mask, Want uint64
	Errno      syscall.Errno
}

// Call is the number of the system call that the step makes.
func (s *Step) Call() (trap uintptr, ok bool) {
	switch s.Kind {
	case call:
		return s.Trap, true
	case wait:
		return unix.SYS_READ, true
	case alive:
		return unix.SYS_RECVFROM, true
	}
	return 0, false
}

// Program is a list of steps with the memory they use. The zero value is ready.
type Program struct {
	steps  []Step
	data   []datum
	static map[string]Data // strings, each kept once
	fail   map[int]syscall.Errno
	named  map[Named]int // descriptors beside those that every program has
}

// datum is one piece of the program's memory.
type datum struct {
	bytes    []byte
	text     bool   // a NUL-terminated string
	pointers []Data // an array of addresses, which are known when the program starts
	secret   bool   // NAME=VALUE strings whose values are not printed
}

// Call adds a system call and returns what stands for its result. An argument is
// an integer, a string, a []byte, or what an earlier method returned.
func (p *Program) Call(why string, trap uintptr, args ...any) any {
	if len(args) > 6 {
		panic("forkexec: a system call has six arguments at most")
	}
	s := Step{Kind: call, Why: why, Trap: trap, Args: make([]any, len(args))}
	for i, a := range args {
		s.Args[i] = p.argument(a)
	}
	return p.add(s)
}

// Tolerate lets the step that gave result fail with one of these errnos. The
// result is then the negated errno.
func (p *Program) Tolerate(result any, on ...syscall.Errno) {
	s := &p.steps[result.(Ref)]
	s.On = append(s.On, on...)
}

// Else adds what is done instead when the last step, which gave result, fails
// with one of these errnos. What do returns takes the result's place.
func (p *Program) Else(result any, on []syscall.Errno, do func() any) {
	first := result.(Ref)
	if int(first) != len(p.steps)-1 {
		panic("forkexec: Else must follow its step")
	}
	p.Tolerate(result, on...)
	if last, ok := do().(Ref); ok {
		p.redirect(last, first)
	}
	p.steps[first].Skip = len(p.steps) - 1 - int(first)
}

// Unless adds what is done only if the last step, which gave result, does not fail with one
// of these errnos.
func (p *Program) Unless(result any, on []syscall.Errno, do func()) {
	first := result.(Ref)
	if int(first) != len(p.steps)-1 {
		panic("forkexec: Unless must follow its step")
	}
	p.Tolerate(result, on...)
	do()
	p.steps[first].Miss = len(p.steps) - 1 - int(first)
}

// redirect gives the result from the place of to, for those that use it as well.
func (p *Program) redirect(from, to Ref) {
	for i := int(to) + 1; i < len(p.steps); i++ {
		s := &p.steps[i]
		if s.Into == from {
			s.Into = to
		}
		for j, a := range s.Args {
			if a == any(from) {
				s.Args[j] = to
			}
		}
	}
}

// Descriptor gives a descriptor of the parent's, of which the child has a copy, a name to
// be printed by.
func (p *Program) Descriptor(name string, fd int) any {
	if p.named == nil {
		p.named = make(map[Named]int)
	}
	p.named[Named(name)] = fd
	return Named(name)
}

// Data gives the program memory that starts as b.
func (p *Program) Data(b []byte) any {
	return p.datum(datum{bytes: append([]byte(nil), b...)})
}

// Strings gives the program a NULL-terminated array of strings, as execve(2) takes it.
func (p *Program) Strings(list []string) any {
	d := datum{pointers: make([]Data, len(list))}
	for i, s := range list {
		d.pointers[i] = p.text(s)
	}
	return p.datum(d)
}

// Check fails the program with errno unless the 64-bit word at offset of data,
// under mask, is want.
func (p *Program) Check(why string, data any, offset int, mask, want uint64, errno syscall.Errno) {
	p.add(Step{Kind: check, Why: why, Args: []any{data.(Data)}, Offset: offset, Mask: mask, Want: want, Errno: errno})
}

// Store puts a result, or the address of other data, as a 64-bit word at offset of data.
func (p *Program) Store(why string, data any, offset int, result any) {
	p.add(Step{Kind: store, Why: why, Args: []any{data.(Data), p.argument(result)}, Offset: offset})
}

// Wait is a barrier: the child goes on when the parent has sent its byte and
// dies when the parent's end closes.
func (p *Program) Wait(why string) {
	p.add(Step{Kind: wait, Why: why, Args: []any{Control}})
}

// Alive ends the child if the parent's end has closed.
func (p *Program) Alive(why string) {
	p.add(Step{Kind: alive, Why: why, Args: []any{Control}})
}

// Fail makes a step fail with errno instead of being done. It exists for tests.
func (p *Program) Fail(step int, errno syscall.Errno) {
	if p.fail == nil {
		p.fail = map[int]syscall.Errno{}
	}
	p.fail[step] = errno
}

// Steps are the program's lines, for printing and for tests. They are not to be changed.
func (p *Program) Steps() []Step { return p.steps }

func (p *Program) add(s Step) Ref {
	s.Into = Ref(len(p.steps))
	p.steps = append(p.steps, s)
	return s.Into
}

func (p *Program) datum(d datum) Data {
	p.data = append(p.data, d)
	return Data(len(p.data) - 1)
}

func (p *Program) text(s string) Data {
	if d, ok := p.static[s]; ok {
		return d
	}
	d := p.datum(datum{bytes: append([]byte(s), 0), text: true})
	if p.static == nil {
		p.static = map[string]Data{}
	}
	p.static[s] = d
	return d
}

func (p *Program) argument(a any) any {
	switch a := a.(type) {
	case Ref, Data, Named:
		return a
	case string:
		return p.text(a)
	case []byte:
		return p.Data(a)
	case int:
		return int64(a)
	case int32:
		return int64(a)
	case int64:
		return a
	case uint32:
		return int64(a)
	case uint64:
		return int64(a)
	case uintptr:
		return int64(a)
	case syscall.Signal:
		return int64(a)
	}
	panic(fmt.Sprintf("forkexec: %T is not an argument of a system call", a))
}
