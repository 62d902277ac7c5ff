package container

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
)

// left is what a start may leave behind.
type left struct {
	fds, mounts []string
	files       string // of the rootfs's /etc, and names elsewhere
	children    bool
}

func (r *rig) snapshot(t *testing.T) left {
	t.Helper()
	var l left
	for _, name := range names(t, "/proc/self/fd") {
		to, err := os.Readlink("/proc/self/fd/" + name)
		if err == nil { // not that of the listing itself
			l.fds = append(l.fds, name+" -> "+to)
		}
	}
	var err error
	if l.mounts, err = testenv.Mounts(); err != nil {
		t.Fatal(err)
	}
	if l.files, err = testenv.Listing(r.dir + "/rootfs/etc"); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", "/rootfs", "/states", "/changes/upper", "/data/containers"} {
		if _, err := os.Lstat(r.dir + dir); err == nil {
			list := slices.DeleteFunc(names(t, r.dir+dir), func(name string) bool {
				return dir == "/states" && (name == "lock" || name == "swept") // they stay
			})
			l.files += dir + ": " + strings.Join(list, " ") + "\n"
		}
	}
	// Without reaping it: who has started it waits for it.
	err = unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT|unix.WALL, nil)
	l.children = err != unix.ECHILD
	return l
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := f.Readdirnames(-1)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// settled is what there is when the helpers of the last start have ended.
func (r *rig) settled(t *testing.T) (l left) {
	t.Helper()
	for range 500 {
		was := l
		if l = r.snapshot(t); was.compare(l) == "" {
			return l
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal(l.compare(r.snapshot(t)))
	return l
}

// remains says what is not as it was. What copies the terminal's output closes it a moment later, and a driver
// without ports is not waited for.
func (l left) remains(t *testing.T, r *rig) (what string) {
	t.Helper()
	for range 500 {
		if what = l.compare(r.snapshot(t)); what == "" {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return what
}

// compare says what now has that l has not, of mounts and files the other way round as well.
func (l left) compare(now left) string {
	switch {
	case now.children:
		return "a child is left"
	case slices.ContainsFunc(now.fds, func(fd string) bool { return !slices.Contains(l.fds, fd) }): // fewer: one of the start before was still closing
		return "descriptors were\n" + strings.Join(l.fds, "\n") + "\nand are\n" + strings.Join(now.fds, "\n")
	case !slices.Equal(l.mounts, now.mounts):
		return "mounts were\n" + strings.Join(l.mounts, "\n") + "\nand are\n" + strings.Join(now.mounts, "\n")
	case l.files != now.files:
		return "files were\n" + l.files + "\nand are\n" + now.files
	}
	return ""
}
