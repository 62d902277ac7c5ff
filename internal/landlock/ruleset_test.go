package landlock

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestWhatIsDoneDependsOnTheKernel(t *testing.T) {
	const write, refer, truncate = unix.LANDLOCK_ACCESS_FS_WRITE_FILE, unix.LANDLOCK_ACCESS_FS_REFER, unix.LANDLOCK_ACCESS_FS_TRUNCATE
	for _, tt := range []struct {
		name    string
		k       Kernel
		has     uint64
		hasNot  uint64
		file    uint64
		without string
	}{
		{"not there", Kernel{}, 0, ^uint64(0), 0, "has no Landlock"},
		{"not known", Kernel{Err: unix.EPERM}, 0, ^uint64(0), 0, "does not say whether it has Landlock: operation not permitted"},
		{"of Linux 5.13", Kernel{ABI: 1}, 0, ^uint64(0), 0, "ABI 1"},
		{"of Linux 5.19", Kernel{ABI: 2}, write | refer, truncate, write, ""},
		{"of Linux 6.2", Kernel{ABI: 3}, write | refer | truncate, unix.LANDLOCK_ACCESS_FS_IOCTL_DEV, write | truncate, ""},
		{"of a later one", Kernel{ABI: 99}, write | refer | truncate, unix.LANDLOCK_ACCESS_FS_IOCTL_DEV | unix.LANDLOCK_ACCESS_FS_RESOLVE_UNIX, write | truncate, ""},
	} {
		r := Decide(Wish{Writable: []string{"/tmp"}}, tt.k)
		if r.Handled&tt.has != tt.has || r.Handled&tt.hasNot != 0 || r.File != tt.file {
			t.Errorf("%s: handles %#x, of files %#x", tt.name, r.Handled, r.File)
		}
		if (r.Without == "") != (tt.without == "") || !strings.Contains(r.Without, tt.without) {
			t.Errorf("%s: without for %q", tt.name, r.Without)
		}
		// Reading and executing are never taken: rules could not give them back to all but a few places.
		if r.Handled&(unix.LANDLOCK_ACCESS_FS_EXECUTE|unix.LANDLOCK_ACCESS_FS_READ_FILE|unix.LANDLOCK_ACCESS_FS_READ_DIR) != 0 {
			t.Errorf("%s: handles %#x", tt.name, r.Handled)
		}
	}
}

// recorder is Steps that are looked at instead of being carried out.
type recorder struct {
	lines  []string
	traps  []uintptr
	data   [][]byte
	depth  int
	stored map[int]any // by data, what was stored last
}

type result int
type memory int

func (r *recorder) Call(_ string, trap uintptr, args ...any) any {
	line := fmt.Sprint(trap)
	for _, a := range args {
		if m, ok := a.(memory); ok {
			line += fmt.Sprintf(" {%#x %v}", binary.LittleEndian.Uint64(r.data[m]), r.stored[int(m)])
			continue
		}
		line += fmt.Sprintf(" %v", a)
	}
	r.lines, r.traps = append(r.lines, strings.Repeat("  ", r.depth)+line), append(r.traps, trap)
	return result(len(r.lines) - 1)
}

func (r *recorder) Tolerate(at any, on ...syscall.Errno) {
	r.lines[at.(result)] += fmt.Sprint(" ", on)
}

func (r *recorder) Else(at any, on []syscall.Errno, do func() any) {
	r.Tolerate(at, on...)
	r.depth++
	do()
	r.depth--
}

func (r *recorder) Data(b []byte) any {
	r.data = append(r.data, b)
	return memory(len(r.data) - 1)
}

func (r *recorder) Store(_ string, data any, offset int, what any) {
	if offset != ruleFD {
		what = "at a wrong offset"
	}
	r.stored[int(data.(memory))] = what
}

func TestEachPathHasARule(t *testing.T) {
	r := &recorder{stored: map[int]any{}}
	rules := Decide(Wish{Writable: []string{"/a", "/b"}, Streams: []int{1}}, Kernel{ABI: 3})
	rules.Write(r, unix.AT_FDCWD, false)
	want := []uintptr{unix.SYS_LANDLOCK_CREATE_RULESET}
	for range rules.Writable {
		want = append(want, unix.SYS_OPENAT2, unix.SYS_LANDLOCK_ADD_RULE, unix.SYS_LANDLOCK_ADD_RULE, unix.SYS_CLOSE)
	}
	want = append(want, unix.SYS_LANDLOCK_ADD_RULE, unix.SYS_LANDLOCK_RESTRICT_SELF, unix.SYS_CLOSE)
	if !slices.Equal(r.traps, want) {
		t.Fatalf("the calls are\n%s", strings.Join(r.lines, "\n"))
	}
	for i, path := range rules.Writable {
		open, add, file := r.lines[1+4*i], r.lines[2+4*i], r.lines[3+4*i]
		if !strings.Contains(open, " "+path[1:]+" ") {
			t.Errorf("opened: %s", open)
		}
		if want := fmt.Sprintf(" 0 1 {%#x %d} 0 [", rules.Handled, 1+4*i); !strings.Contains(add, want) {
			t.Errorf("for %s is\n%s\nnot%s", path, add, want)
		}
		if want := fmt.Sprintf("   %d 0 1 {%#x %d} 0 [", unix.SYS_LANDLOCK_ADD_RULE, rules.File, 1+4*i); !strings.Contains(" "+file, want) {
			t.Errorf("for %s, a file, is\n%s\nnot%s", path, file, want)
		}
	}
	if end := r.lines[len(r.lines)-2:]; !strings.HasPrefix(end[0], fmt.Sprint(unix.SYS_LANDLOCK_RESTRICT_SELF)+" 0 0") {
		t.Errorf("the end is %q", end)
	}
}

func TestNothingIsWrittenWithoutLandlock(t *testing.T) {
	r := &recorder{stored: map[int]any{}}
	Decide(Wish{Writable: []string{"/a"}}, Kernel{}).Write(r, unix.AT_FDCWD, false)
	if len(r.lines) != 0 {
		t.Errorf("the calls are\n%s", strings.Join(r.lines, "\n"))
	}
}

func TestTheKernelAnswers(t *testing.T) {
	k := Probe()
	if k.Err != nil || k.ABI < 0 {
		t.Errorf("%+v", k)
	}
	t.Logf("Landlock: ABI %d", k.ABI)
}
