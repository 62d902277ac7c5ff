// Package caps knows Linux capabilities: their names and numbers, and in which
// order a process gives them up. See capabilities(7).
//
// It writes system calls to a [Steps] and makes none. Which capabilities a
// container keeps is decided elsewhere.
package caps

import (
	"encoding/binary"
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// names are the capabilities by number, without CAP_.
var names = []string{
	"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
	"NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE",
	"SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE",
	"AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
	"CHECKPOINT_RESTORE",
}

// Set is a set of capabilities, one bit each by number.
type Set uint64

// All has every capability there is a name for.
var All = Set(1)<<len(names) - 1

// Parse makes a set of names as the OCI runtime spec writes them, CAP_CHOWN.
func Parse(list []string) (Set, error) {
	var set Set
next:
	for _, s := range list {
		bare := strings.TrimPrefix(s, "CAP_")
		for i, name := range names {
			if name == bare {
				set |= 1 << i
				continue next
			}
		}
		return 0, fmt.Errorf("there is no capability %q; capabilities(7) lists them", s)
	}
	return set, nil
}

// Sets are the capability sets of a process.
type Sets struct {
	Bounding, Effective, Permitted, Inheritable, Ambient Set
}

// Steps is where the system calls are written; see package mount.
type Steps interface {
	Call(why string, trap uintptr, args ...any) any
	Tolerate(result any, on ...syscall.Errno)
}

// Bound drops what is not in the bounding set. It comes first: it needs CAP_SETPCAP.
func (c Sets) Bound(s Steps) {
	for i, name := range names {
		if c.Bounding&(1<<i) == 0 {
			drop := s.Call("no exec inside can ever have CAP_"+name, unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, i, 0, 0, 0)
			s.Tolerate(drop, unix.EINVAL) // a kernel that does not have it yet
		}
	}
}

// Apply sets the other sets of the process, after its last change of ids.
func (c Sets) Apply(s Steps) {
	header, data := make([]byte, 8), make([]byte, 24)
	le := binary.LittleEndian
	le.PutUint32(header, unix.LINUX_CAPABILITY_VERSION_3)
	for i, set := range []Set{c.Effective, c.Permitted, c.Inheritable} {
		le.PutUint32(data[4*i:], uint32(set))
		le.PutUint32(data[12+4*i:], uint32(set>>32))
	}
	s.Call("the capabilities the command starts with; none is inheritable unless asked for", unix.SYS_CAPSET, header, data)
	for i, name := range names {
		if c.Ambient&(1<<i) != 0 {
			s.Call("CAP_"+name+" survives the exec of a user other than root", unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, i, 0, 0)
		}
	}
}
