package seccomp

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// maxErrno is the largest value that a system call can give as an error.
const maxErrno = 4095

var errNotify = errors.New("urun passes no system calls on to another process")

// actionOf is what a profile calls an action. The errno is that of SCMP_ACT_ERRNO, or the tracer's data; without one it is EPERM.
func actionOf(a specs.LinuxSeccompAction, errno *uint) (Action, error) {
	data := uint(unix.EPERM)
	if errno != nil {
		data = *errno
	}
	if data > maxErrno {
		return 0, fmt.Errorf("%q with the errno %d: there are 0 to %d", a, data, maxErrno)
	}
	switch a {
	case specs.ActErrno:
		return unix.SECCOMP_RET_ERRNO | Action(data), nil
	case specs.ActTrace:
		return Trace(uint16(data)), nil
	case specs.ActNotify:
		return 0, fmt.Errorf("%q: %w", a, errNotify)
	}
	result, ok := map[specs.LinuxSeccompAction]Action{
		specs.ActAllow: Allow, specs.ActLog: Log, specs.ActTrap: Trap,
		specs.ActKill: KillThread, specs.ActKillThread: KillThread, specs.ActKillProcess: KillProcess, // SCMP_ACT_KILL as libseccomp
	}[a]
	switch {
	case !ok:
		return 0, fmt.Errorf("%q: there are SCMP_ACT_ALLOW, _ERRNO, _KILL, _KILL_PROCESS, _KILL_THREAD, _LOG, _TRACE and _TRAP", a)
	case errno != nil:
		return 0, fmt.Errorf("%q has no errno", a)
	}
	return result, nil
}

// condOf is what a profile writes as a condition. The OCI specification has a masked comparison's mask in value and what is
// compared with in valueTwo.
func condOf(a specs.LinuxSeccompArg) (Cond, error) {
	if a.Index > 5 {
		return Cond{}, fmt.Errorf("index %d: a system call has arguments 0 to 5", a.Index)
	}
	op, ok := map[specs.LinuxSeccompOperator]Op{
		specs.OpEqualTo: Equal, specs.OpNotEqual: NotEqual, specs.OpLessThan: Less, specs.OpLessEqual: LessEqual,
		specs.OpGreaterThan: Greater, specs.OpGreaterEqual: GreaterEqual, specs.OpMaskedEqual: MaskedEqual,
	}[a.Op]
	switch {
	case !ok:
		return Cond{}, fmt.Errorf("op %q: there are SCMP_CMP_EQ, _NE, _LT, _LE, _GT, _GE and _MASKED_EQ", a.Op)
	case op == MaskedEqual:
		return Cond{Arg: uint8(a.Index), Op: op, Mask: a.Value, Value: a.ValueTwo & a.Value}, nil
	}
	return Cond{Arg: uint8(a.Index), Op: op, Value: a.Value}, nil
}

// errnoOf is a profile's errno: podman writes a name, or a number in quotation marks, beside docker's number.
func errnoOf(name string, value *uint) (*uint, error) {
	if name == "" {
		return value, nil
	}
	var errno uint
	if n, err := strconv.ParseUint(name, 10, 16); err == nil {
		errno = uint(n)
	} else if errno = named(name); errno == 0 {
		return nil, fmt.Errorf("%q: no error has this name", name)
	}
	if value != nil && *value != errno {
		return nil, fmt.Errorf("%q: that is %d, and the number beside it is %d", name, errno, *value)
	}
	return &errno, nil
}

// named looks an error up by its name; 0 is none.
func named(errno string) uint {
	second := map[string]string{"EWOULDBLOCK": "EAGAIN", "EDEADLOCK": "EDEADLK", "ENOTSUP": "EOPNOTSUPP"}
	errno = cmp.Or(second[errno], errno)
	for n := unix.Errno(1); n <= maxErrno; n++ {
		if unix.ErrnoName(n) == errno {
			return uint(n)
		}
	}
	return 0
}

// archName is what profiles call an architecture of Go's, for which there are filters.
func archName(arch string) specs.Arch {
	switch arch {
	case "amd64":
		return specs.ArchX86_64
	case "arm64":
		return specs.ArchAARCH64
	}
	return ""
}

func checkArch(a specs.Arch) error {
	if !strings.HasPrefix(string(a), "SCMP_ARCH_") {
		return fmt.Errorf("%q: no architecture; an example is %q", a, specs.ArchX86_64)
	}
	return nil
}
