package container

import (
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/guards"
	"github.com/urun-project/urun/mount"
)

// fault is a step that failed, with all that its hint may depend on but the host.
type fault struct {
	what   string // what the step was for
	trap   uintptr
	errno  syscall.Errno
	traits trait
	link   string // which part of a mount point is a link and leads where; or ""
}

// trait is something that is so about a failed step, its container, or its host.
type trait uint16

const (
	compares   trait = 1 << iota // the step makes no system call: it compares what an earlier one has found
	opensCwd                     // it opens the working directory
	goesToCwd                    // it does so, or enters it
	hidesCwd                     // --deny hides the working directory
	rootOfHost                   // ROOTFS is /
	makesPoint                   // it makes a mount point in the rootfs
	setsID                       // it gives a file system the number of a user or a group
	appArmor                     // of the host: AppArmor takes every capability from user namespaces
)

// traitNames are for the listing of all messages, in the order of the constants.
var traitNames = [...]string{"a comparison", "the working directory is opened", "the working directory is opened or entered", "--deny hides it", "ROOTFS is /", "a mount point is made", "an id is set", "AppArmor restricts"}

func (t trait) String() string {
	var names []string
	for i, name := range traitNames {
		if t&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// host is what the words for a failed step depend on beside the step.
type host struct {
	release string // the kernel's, such as 6.12.0-1-amd64
	traits  trait
}

// surroundings looks at the host.
func surroundings() host {
	h := host{release: release()}
	if guards.Look().Restricted() {
		h.traits |= appArmor
	}
	return h
}

// fault is the failed step in the light of the launch.
func (l *launch) fault(e *forkexec.StepError) fault {
	f := fault{what: e.Step.Why, trap: e.Step.Trap, errno: e.Errno}
	set := func(t trait, is bool) {
		if is {
			f.traits |= t
		}
	}
	_, calls := e.Step.Call()
	set(compares, !calls)
	set(setsID, e.Step.Trap == unix.SYS_FSCONFIG && strings.Contains(e.Call, `id", "`))
	set(rootOfHost, l.root.Host)
	if cwd := l.at.cwd; cwd > 0 {
		set(opensCwd, e.Index == cwd)
		set(goesToCwd, e.Index == cwd || e.Index == cwd+1)
		set(hidesCwd, l.hides(l.spec.Process.Cwd))
	}
	if l.tree != nil && l.tree.Makes(forkexec.Ref(e.Index)) {
		point := l.tree.Point(forkexec.Ref(e.Index))
		f.what = "make the mount point " + quote(point)
		f.traits |= makesPoint
		f.link = linkAbove(l.rootfs, point)
	}
	return f
}

// linkAbove says which directory above a place in the rootfs is a link, in words.
func linkAbove(rootfs mount.Source, point string) string {
	for up := path.Dir(point); up != "/"; up = path.Dir(up) {
		if to, err := os.Readlink(path.Join(rootfs.Path, up)); err == nil {
			return quote(up) + " of the rootfs is a link to " + quote(to)
		}
	}
	return ""
}

func itoa(n int) string { return strconv.Itoa(n) }
