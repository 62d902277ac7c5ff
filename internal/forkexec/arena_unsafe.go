package forkexec

import (
	"encoding/binary"
	"fmt"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// header begins the arena. The child writes at, errno and the results; the
// parent reads them, also after the child's death.
type header struct {
	count  uint64 // steps
	at     uint64 // the step being done
	errno  uint64 // why it failed; 0 while nothing has
	timing uint64 // not 0: note when each step began
	byte   uint64 // scratch of the barriers
	steps  unsafe.Pointer
	result unsafe.Pointer // one word a step
	times  unsafe.Pointer // one timespec a step

	// What the kernel says about a file system that it does not make.
	message [256]byte
}

// step is a Step as the interpreter reads it: numbers only.
type step struct {
	kind   uint32
	skip   uint32
	miss   uint64
	trap   uintptr
	args   [6]uint64
	refs   [6]uint8 // 1: the argument is the number of a result
	into   uint64
	on     [4]uint64
	fail   uint64
	offset uint64
	mask   uint64
	want   uint64
	errno  uint64
}

// arena is the memory that parent and child share.
type arena struct {
	mem  []byte
	head *header
}

const align = 16

// NotDone is the result of a step that was not done.
const NotDone = -1 << 63

// build lays the program out in an arena. fds gives the named descriptors.
func (p *Program) build(fds map[Named]int, timing bool) (*arena, error) {
	n := len(p.steps)
	steps := up(int(unsafe.Sizeof(header{})))
	results := up(steps + n*int(unsafe.Sizeof(step{})))
	times := up(results + n*8)
	end := times
	if timing {
		end = up(times + (n+1)*16)
	}
	at := make([]int, len(p.data))
	for i, d := range p.data {
		at[i] = end
		end = up(end + max(len(d.bytes), 8*(len(d.pointers)+1)))
	}
	mem, err := unix.Mmap(-1, 0, end, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_POPULATE)
	if err != nil {
		return nil, fmt.Errorf("map %d bytes for the child's program: %w", end, err)
	}
	a := &arena{mem: mem, head: (*header)(unsafe.Pointer(&mem[0]))}
	base := uintptr(unsafe.Pointer(&mem[0])) // a mapping, not Go memory: it never moves
	*a.head = header{count: uint64(n), steps: unsafe.Pointer(&mem[steps]), result: unsafe.Pointer(&mem[results])}
	if timing {
		a.head.timing, a.head.times = 1, unsafe.Pointer(&mem[times])
	}
	for i, d := range p.data {
		copy(mem[at[i]:], d.bytes)
		for j, q := range d.pointers {
			*(*uintptr)(unsafe.Pointer(&mem[at[i]+8*j])) = base + uintptr(at[q])
		}
	}
	for i := range n {
		a.results()[i] = NotDone
	}
	code := unsafe.Slice((*step)(unsafe.Pointer(&mem[steps])), n)
	for i := range p.steps {
		if err := p.encode(&code[i], i, base, at, fds); err != nil {
			a.free()
			return nil, err
		}
	}
	return a, nil
}

func (p *Program) encode(to *step, i int, base uintptr, at []int, fds map[Named]int) error {
	s := &p.steps[i]
	*to = step{
		kind: uint32(s.Kind), skip: uint32(s.Skip), miss: uint64(s.Miss), trap: s.Trap, into: uint64(s.Into), fail: uint64(p.fail[i]),
		offset: uint64(s.Offset), mask: s.Mask, want: s.Want, errno: uint64(s.Errno),
	}
	if len(s.On) > len(to.on) {
		return fmt.Errorf("step %d tolerates %d errors, at most %d fit", i, len(s.On), len(to.on))
	}
	for j, e := range s.On {
		to.on[j] = uint64(e)
	}
	for j, a := range s.Args {
		switch a := a.(type) {
		case int64:
			to.args[j] = uint64(a)
		case Data:
			to.args[j] = uint64(base) + uint64(at[a])
		case Ref:
			to.args[j], to.refs[j] = uint64(a), 1
		case Named:
			fd, ok := fds[a]
			if !ok {
				return fmt.Errorf("step %d wants the descriptor %q, which is not open", i, string(a))
			}
			to.args[j] = uint64(fd)
		}
	}
	return nil
}

// address is where the arena is, as the child reads it from the control socket.
func (a *arena) address() (message [8]byte) {
	binary.NativeEndian.PutUint64(message[:], uint64(uintptr(unsafe.Pointer(a.head))))
	return message
}

// results are the results of the steps so far, by number.
func (a *arena) results() []int64 {
	return unsafe.Slice((*int64)(a.head.result), a.head.count)
}

// times are when the steps began, in nanoseconds of CLOCK_MONOTONIC; 0 for a step not done.
func (a *arena) times() []int64 {
	if a.head.timing == 0 {
		return nil
	}
	list := make([]int64, a.head.count)
	for i, t := range unsafe.Slice((*syscall.Timespec)(a.head.times), len(list)) {
		list[i] = t.Nano()
	}
	return list
}

// said is the kernel's message, which begins with its severity: "e ".
func (a *arena) said() string {
	s, _, _ := strings.Cut(string(a.head.message[:]), "\x00")
	s, _, _ = strings.Cut(s, "\n")
	if len(s) > 2 && s[1] == ' ' {
		s = s[2:]
	}
	return s
}

func (a *arena) free() {
	// The mapping is ours alone by now; an error could only mean a wrong length.
	_ = unix.Munmap(a.mem)
	a.mem, a.head = nil, nil
}

func up(n int) int { return (n + align - 1) &^ (align - 1) }
