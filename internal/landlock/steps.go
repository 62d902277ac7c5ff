package landlock

import (
	"cmp"
	"encoding/binary"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Steps is where the system calls are written; see package mount.
type Steps interface {
	Call(why string, trap uintptr, args ...any) any
	Tolerate(result any, on ...syscall.Errno)
	Else(result any, on []syscall.Errno, do func() any)
	Data(b []byte) any
	// Store puts a result as a 64-bit word at offset of data.
	Store(why string, data any, offset int, result any)
}

// ruleFD is where struct landlock_path_beneath_attr has its descriptor, of 32 bits; a
// 64-bit word there writes over what is behind the struct as well.
const ruleFD = 8

func rule(rights uint64, fd int) []byte {
	b := make([]byte, 16)
	binary.LittleEndian.PutUint64(b, rights)
	binary.LittleEndian.PutUint64(b[ruleFD:], uint64(fd))
	return b
}

// Write writes the ruleset down. The paths are opened below root, a handle, and with the
// process's rights: one that is not there, or that it cannot reach, it cannot write to,
// either. no_new_privs must be set before. holds is the step by which it takes effect, or
// nil: that fails with E2BIG inside of sixteen such layers, and does no harm unless strict.
func (r Ruleset) Write(s Steps, root any, strict bool) (holds any) {
	if r.Handled == 0 {
		return nil
	}
	attr := make([]byte, 8) // struct landlock_ruleset_attr, as the first ABI has it
	binary.LittleEndian.PutUint64(attr, r.Handled)
	set := s.Call("a ruleset: what it names is forbidden where no rule allows it", unix.SYS_LANDLOCK_CREATE_RULESET, attr, len(attr), 0)
	below, file := s.Data(rule(r.Handled, 0)), s.Data(rule(r.File, 0))
	how := make([]byte, unix.SizeofOpenHow)
	binary.LittleEndian.PutUint64(how, unix.O_PATH|unix.O_CLOEXEC)
	binary.LittleEndian.PutUint64(how[16:], unix.RESOLVE_IN_ROOT|unix.RESOLVE_NO_MAGICLINKS)
	for _, path := range r.Writable {
		at := s.Call("what can be written: "+path, unix.SYS_OPENAT2, root, cmp.Or(strings.Trim(path, "/"), "."), how, unix.SizeofOpenHow)
		s.Tolerate(at, unix.ENOENT, unix.EACCES, unix.ENOTDIR, unix.ELOOP)
		s.Store("a rule names it by its descriptor", below, ruleFD, at)
		add := s.Call("writing below "+path+" is allowed", unix.SYS_LANDLOCK_ADD_RULE, set, unix.LANDLOCK_RULE_PATH_BENEATH, below, 0)
		s.Else(add, []syscall.Errno{unix.EINVAL, unix.EBADF}, func() any {
			s.Store("a rule names it by its descriptor", file, ruleFD, at)
			add := s.Call("it is a file, which has fewer rights", unix.SYS_LANDLOCK_ADD_RULE, set, unix.LANDLOCK_RULE_PATH_BENEATH, file, 0)
			s.Tolerate(add, unix.EBADF) // nothing is there
			return add
		})
		s.Tolerate(s.Call("of many", unix.SYS_CLOSE, at), unix.EBADF)
	}
	for _, fd := range r.Streams {
		add := s.Call("the caller's file can be opened again as /dev/stdout or /dev/stderr", unix.SYS_LANDLOCK_ADD_RULE, set, unix.LANDLOCK_RULE_PATH_BENEATH, rule(r.File, fd), 0)
		s.Tolerate(add, unix.EBADF, unix.EBADFD, unix.EINVAL) // closed, or a pipe, which needs no rule
	}
	holds = s.Call("from here on for good, for all that is started: no other writes, and no mount is made, moved or taken off", unix.SYS_LANDLOCK_RESTRICT_SELF, set, 0)
	if !strict {
		s.Tolerate(holds, unix.E2BIG) // the mounts hold without
	}
	s.Call("it holds", unix.SYS_CLOSE, set)
	return holds
}
