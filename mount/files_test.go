package mount

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// recorder is Steps that are looked at instead of being carried out: a line a call, with its names and the results it takes.
type recorder struct {
	lines []string
	depth int // of alternatives
}

type result int

var calls = map[uintptr]string{
	unix.SYS_OPENAT2: "openat2", unix.SYS_OPENAT: "openat", unix.SYS_OPEN_TREE: "open_tree", unix.SYS_MOVE_MOUNT: "move_mount", unix.SYS_CLOSE: "close", unix.SYS_WRITE: "write",
	unix.SYS_FSOPEN: "fsopen", unix.SYS_FSCONFIG: "fsconfig", unix.SYS_FSMOUNT: "fsmount", unix.SYS_MOUNT_SETATTR: "mount_setattr", unix.SYS_FCHDIR: "fchdir",
	unix.SYS_UMOUNT2: "umount2", unix.SYS_MKDIRAT: "mkdirat", unix.SYS_MKNODAT: "mknodat",
}

func (r *recorder) Call(_ string, trap uintptr, args ...any) any {
	words := []string{strings.Repeat("  ", r.depth) + calls[trap]}
	for _, a := range args {
		switch a := a.(type) {
		case string:
			words = append(words, fmt.Sprintf("%q", a))
		case result:
			words = append(words, fmt.Sprintf("$%d", a))
		case []byte:
			if trap == unix.SYS_WRITE {
				words = append(words, fmt.Sprintf("%q", a))
			}
			if trap == unix.SYS_OPENAT2 && a[2]&(unix.O_NOFOLLOW>>16) != 0 {
				words = append(words, "nofollow")
			}
		}
	}
	r.lines = append(r.lines, strings.Join(words, " "))
	return result(len(r.lines) - 1)
}

func (r *recorder) Tolerate(at any, on ...syscall.Errno) {
	for _, e := range on {
		r.lines[at.(result)] += " !" + unix.ErrnoName(e)
	}
}

func (r *recorder) Unless(at any, on []syscall.Errno, do func()) {
	r.Tolerate(at, on...)
	r.depth++
	do()
	r.depth--
}

func (r *recorder) Else(at any, on []syscall.Errno, do func() any) {
	r.Tolerate(at, on...)
	r.depth++
	do()
	r.depth--
}

func (r *recorder) Data([]byte) any                                       { return "data" }
func (r *recorder) Check(string, any, int, uint64, uint64, syscall.Errno) {}
func (r *recorder) at(line string) int {
	return slices.IndexFunc(r.lines, func(l string) bool { return strings.HasPrefix(l, line) })
}

func files(create, readOnly bool, list ...File) *recorder {
	r := new(recorder)
	t := NewTree(r)
	t.Root, t.Create = result(99), create
	t.Files(list, readOnly)
	return r
}

func hosts(optional bool) File {
	return File{Dest: "/etc/hosts", Content: []byte("127.0.0.1\tlocalhost\n"), Optional: optional}
}

func TestFilesOfTheContainersOwn(t *testing.T) {
	empty := File{Dest: "/etc/resolv.conf", Optional: true}
	const want = `
openat2 $99 "etc"
fsopen "tmpfs"
fsconfig $1 "mode" "755"
fsconfig $1 "size" "256k"
fsconfig $1 "nr_inodes" "16"
fsconfig $1
fsmount $1
move_mount $6 "" $0 ""
openat $6 "hosts"
write $8 "127.0.0.1\tlocalhost\n"
close $8
open_tree $6 "hosts"
mount_setattr $11 ""
openat $6 "resolv.conf"
close $13
open_tree $6 "resolv.conf"
mount_setattr $15 ""
fchdir $6
umount2 "."
openat2 $99 "etc/hosts" nofollow
move_mount $11 "" $19 ""
close $19
close $11
openat2 $99 "etc/resolv.conf" nofollow !ENOENT
move_mount $15 "" $23 "" !EBADF
close $23 !EBADF
close $15
close $6
close $0
`
	got := "\n" + strings.Join(files(false, true, hosts(false), empty).lines, "\n") + "\n"
	if got != want {
		t.Errorf("got%swant%s", got, want)
	}
}

// A missing place is made in a root that may be written, but not for a file that can be left out.
func TestPlacesForFiles(t *testing.T) {
	made := files(true, false, hosts(false))
	at := made.at(`openat2 $99 "etc/hosts" nofollow !ENOENT`)
	if at < 0 || made.at(`  mknodat `) < at || made.at("umount2") > at {
		t.Errorf("got\n%s", strings.Join(made.lines, "\n"))
	}
	left := files(true, false, hosts(true))
	if at := left.at(`  mknodat `); at >= 0 {
		t.Errorf("made for someone else's directory: %s", left.lines[at])
	}
	if at := left.at("mount_setattr"); at >= 0 {
		t.Errorf("read-only in a root that can be written: %s", left.lines[at])
	}
}

func TestFilesAreMadeInOrder(t *testing.T) {
	for _, readOnly := range []bool{false, true} {
		for _, optional := range []bool{false, true} {
			r := files(false, readOnly, hosts(optional), File{Dest: "/etc/hostname", Content: []byte("box\n"), Optional: optional})
			for _, name := range []string{"hosts", "hostname"} {
				made := r.at(`openat $6 "` + name + `"`)
				closed := r.at(fmt.Sprintf("close $%d", made))
				tree := r.at(`open_tree $6 "` + name + `"`)
				covers := r.at(fmt.Sprintf(`move_mount $%d`, tree))
				order := []int{made, closed, tree, r.at("umount2"), covers}
				if readOnly {
					order = []int{made, closed, tree, r.at(fmt.Sprintf("mount_setattr $%d", tree)), r.at("umount2"), covers}
				}
				if made < 0 || !slices.IsSorted(order) || slices.Contains(order, -1) {
					t.Errorf("%s, read-only %v, optional %v: steps %v of\n%s", name, readOnly, optional, order, strings.Join(r.lines, "\n"))
				}
			}
		}
	}
}

// Nothing is mounted for nothing.
func TestWithoutFilesThereIsNothingToDo(t *testing.T) {
	if r := files(true, true); len(r.lines) > 0 {
		t.Errorf("got %v", r.lines)
	}
}
