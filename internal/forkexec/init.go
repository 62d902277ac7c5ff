package forkexec

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// InitConfig is what the init is told. It stands inside the init's own file,
// so no argument or variable of the command carries it.
type InitConfig struct {
	Candidates []string // paths for execve(2), tried in this order once all mounts are there
	NoFork     bool     // become the command instead of staying as its parent
	HostPid    bool     // there is no pid namespace that ends with the init
	Ask        bool     // when the command was killed, the init waits for Attend's answer
	Leave      bool     // when the command runs, the init ends, and the one that the pid namespace has is its parent
}

const (
	initBase   = 0x400000
	initParams = 64 + 2*56 // behind the ELF header and two program headers; PARAMS in the assembly
	initCodeAt = initParams + 64

	flagNoFork  = 1
	flagHostPid = 2
	flagAsk     = 4
	flagLeave   = 8
)

// initFile is a memfd that becomes the init: writable for as long as it takes to
// write it, and open for reading only, which is what can be executed; with a
// writable descriptor execveat(2) fails with ETXTBSY.
type initFile struct{ writer, fd int }

var noInit = initFile{-1, -1}

func newInit() (initFile, error) {
	w, err := unix.MemfdCreate("urun-init", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|unix.MFD_EXEC)
	if err == unix.EINVAL { // before 6.3
		w, err = unix.MemfdCreate("urun-init", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return noInit, &InitError{"create a memfd for the container's init", err}
	}
	fd, err := unix.Open("/proc/self/fd/"+strconv.Itoa(w), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		unix.Close(w)
		return noInit, &InitError{"reopen the container's init", err}
	}
	return initFile{w, fd}, nil
}

// write fills and seals the file. mask is the signal mask that the command gets,
// control the number of the descriptor that the init reports on.
func (f initFile) write(c InitConfig, mask uint64, control int) error {
	if _, err := unix.Write(f.writer, initImage(c, mask, control)); err != nil {
		return &InitError{"write the container's init", err}
	}
	const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	if _, err := unix.FcntlInt(uintptr(f.writer), unix.F_ADD_SEALS, seals); err != nil {
		return &InitError{"seal the container's init", err}
	}
	return nil
}

func (f *initFile) close() {
	if f.fd >= 0 {
		unix.Close(f.fd)
		unix.Close(f.writer)
	}
	*f = noInit
}

// InitError tells that the init's file could not be made, before anything was started.
type InitError struct {
	Doing string
	Err   error
}

func (e *InitError) Error() string { return fmt.Sprintf("%s: %v", e.Doing, e.Err) }
func (e *InitError) Unwrap() error { return e.Err }

// initImage is the ELF file: headers, parameters, code, the table of candidates
// and their strings, in one read-only segment. See elf(5).
func initImage(c InitConfig, mask uint64, control int) []byte {
	code := initText()
	table := up(initCodeAt + len(code))
	text := table + 8*(len(c.Candidates)+1)
	size := text
	for _, s := range c.Candidates {
		size += len(s) + 1
	}
	b := make([]byte, size)
	elfHeaders(b)

	le := binary.LittleEndian
	var flags uint64
	if c.NoFork {
		flags |= flagNoFork
	}
	if c.HostPid {
		flags |= flagHostPid
	}
	if c.Ask {
		flags |= flagAsk
	}
	if c.Leave {
		flags |= flagLeave
	}
	p := b[initParams:]
	le.PutUint64(p[0:], flags)
	le.PutUint64(p[8:], mask)
	le.PutUint64(p[16:], uint64(control))
	le.PutUint64(p[24:], initBase+uint64(table))
	le.PutUint64(p[32:], ^uint64(0))
	copy(p[40:56], "urun-init")
	copy(b[initCodeAt:], code)
	for i, s := range c.Candidates {
		le.PutUint64(b[table+8*i:], initBase+uint64(text))
		text += copy(b[text:], s) + 1
	}
	return b
}

func elfHeaders(b []byte) {
	le := binary.LittleEndian
	machine := map[string]uint16{"amd64": 62, "arm64": 183}[runtime.GOARCH]
	copy(b, "\x7fELF\x02\x01\x01")
	le.PutUint16(b[16:], 2) // ET_EXEC
	le.PutUint16(b[18:], machine)
	le.PutUint32(b[20:], 1)
	le.PutUint64(b[24:], initBase+initCodeAt)
	le.PutUint64(b[32:], 64) // the program headers follow
	le.PutUint16(b[52:], 64)
	le.PutUint16(b[54:], 56)
	le.PutUint16(b[56:], 2)

	load := b[64:]
	le.PutUint32(load[0:], 1) // PT_LOAD
	le.PutUint32(load[4:], 5) // readable, executable
	le.PutUint64(load[16:], initBase)
	le.PutUint64(load[24:], initBase)
	le.PutUint64(load[32:], uint64(len(b)))
	le.PutUint64(load[40:], uint64(len(b)))
	le.PutUint64(load[48:], 4096)

	stack := b[64+56:]
	le.PutUint32(stack[0:], 0x6474e551) // PT_GNU_STACK
	le.PutUint32(stack[4:], 6)          // readable, writable, not executable
}
