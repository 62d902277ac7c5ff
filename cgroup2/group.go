package cgroup2

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Group is a cgroup, held by a handle on its directory. Whoever opens it closes it.
type Group struct {
	Path string // the directory
	Unit string // systemd's name for it; "" when it is no unit of systemd's
	dir  *os.File
	undo []func() // what else was made for it, the last first
}

// Open opens the cgroup at a directory.
func Open(path string) (*Group, error) {
	dir, err := os.OpenFile(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return &Group{Path: path, dir: dir}, nil
}

// Close lets go of the handle; the cgroup stays.
func (g *Group) Close() { g.dir.Close() }

// Read reads one of its files.
func (g *Group) Read(file string) (string, error) { return readAt(int(g.dir.Fd()), file) }

// Write writes one of its files, in one piece as the kernel wants it.
func (g *Group) Write(file, value string) error { return writeAt(int(g.dir.Fd()), file, value) }

func writeAt(dir int, file, value string) error {
	fd, err := unix.Openat(dir, file, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: file, Err: err}
	}
	defer unix.Close(fd)
	if _, err := unix.Write(fd, []byte(value)); err != nil {
		return &os.PathError{Op: "write", Path: file, Err: err}
	}
	return nil
}

// event reads one value of cgroup.events.
func (g *Group) event(name string) (bool, error) {
	b, err := g.Read("cgroup.events")
	return keyed(b, name) == 1, err
}

// keyed is a value of a file with lines of "key number"; 0 without such a line.
func keyed(content, key string) uint64 {
	for line := range strings.Lines(content) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), " "); ok && k == key {
			n, _ := strconv.ParseUint(v, 10, 64) // "max" and the like have no number
			return n
		}
	}
	return 0
}

// Populated tells whether there are processes in the cgroup or below it.
func (g *Group) Populated() bool {
	yes, err := g.event("populated")
	return yes && err == nil
}

// Frozen tells whether everything in it stands still.
func (g *Group) Frozen() bool {
	yes, err := g.event("frozen")
	return yes && err == nil
}

// Freeze stops all its processes, or lets them go on, and waits until they do. When the
// time is up before, it undoes what it began.
func (g *Group) Freeze(ctx context.Context, frozen bool) error {
	value := map[bool]string{true: "1", false: "0"}
	if err := g.Write("cgroup.freeze", value[frozen]); err != nil {
		return err
	}
	for {
		is, err := g.event("frozen")
		if err != nil || is == frozen {
			return err
		}
		if err := g.change(ctx, "cgroup.events"); err != nil {
			_ = g.Write("cgroup.freeze", value[!frozen]) // the error to tell is the other one
			return err
		}
	}
}

// change waits a moment for a file to change: a change between a look and the wait is
// seen with the next look.
func (g *Group) change(ctx context.Context, file string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	fd, err := unix.Openat(int(g.dir.Fd()), file, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: file, Err: err}
	}
	defer unix.Close(fd)
	_, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLPRI}}, 5)
	if err == unix.EINTR {
		err = nil
	}
	return err
}

// Processes are the pids in the cgroup and below it, as the caller's pid namespace has
// them; those of other namespaces are left out.
func (g *Group) Processes() ([]int, error) {
	var pids []int
	err := filepath.WalkDir(g.Path, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return skipGone(err)
		}
		b, err := os.ReadFile(path + "/cgroup.procs")
		for word := range strings.FieldsSeq(string(b)) {
			if pid, err := strconv.Atoi(word); err == nil && pid > 0 {
				pids = append(pids, pid)
			}
		}
		return skipGone(err)
	})
	return pids, err
}

func skipGone(err error) error {
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ENODEV) {
		return nil
	}
	return err
}

// Kill kills every process in the cgroup and below it, whatever they do meanwhile: at
// once by cgroup.kill (since Linux 5.14), or one by one while all stand still, when no
// pid can be used again.
func (g *Group) Kill() error {
	err := g.Write("cgroup.kill", "1")
	if err == nil || !errors.Is(err, os.ErrNotExist) || !g.Populated() {
		return skipGone(err)
	}
	return g.killFrozen()
}

func (g *Group) killFrozen() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	// Without the freezer the loop ends all the same, unless they fork faster.
	frozen := g.Freeze(ctx, true) == nil
	defer func() {
		if frozen {
			_ = g.Write("cgroup.freeze", "0") // it is gone, or empty
		}
	}()
	for range 100 {
		pids, err := g.Processes()
		if err != nil {
			return err
		}
		for _, pid := range pids {
			if err := unix.Kill(pid, unix.SIGKILL); err != nil && err != unix.ESRCH {
				return os.NewSyscallError("kill", err)
			}
		}
		if !g.Populated() {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.New("processes are left after a second of killing")
}

// Remove kills what is left in the cgroup and removes it with all below it. A unit of
// systemd's is left to systemd, which removes it as soon as it is empty.
func (g *Group) Remove() error {
	var err error
	if g.Populated() {
		err = g.Kill()
	}
	if g.Unit == "" {
		for end := time.Now().Add(2 * time.Second); ; time.Sleep(time.Millisecond) {
			// EBUSY: processes that were killed take a moment to end.
			if rerr := removeTree(g.Path); !errors.Is(rerr, unix.EBUSY) || time.Now().After(end) {
				err = errors.Join(err, rerr)
				break
			}
		}
	}
	for len(g.undo) > 0 {
		last := len(g.undo) - 1
		g.undo[last]()
		g.undo = g.undo[:last]
	}
	return err
}

// removeTree removes a cgroup and those that were made in it. Its files cannot be
// removed and go with it. No path is used below it: a container can make cgroups so
// deep that their path is longer than the kernel takes.
func removeTree(path string) error {
	at, err := os.Open(path)
	if err != nil {
		return skipGone(err)
	}
	defer func() { at.Close() }()
	step := func(name string) error {
		fd, err := unix.Openat(int(at.Fd()), name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if err != nil {
			return &os.PathError{Op: "open", Path: name, Err: err}
		}
		at.Close()
		at = os.NewFile(uintptr(fd), name)
		return nil
	}
	for names := []string{}; ; {
		below, err := firstDirectory(at)
		if err != nil {
			return skipGone(err)
		}
		if below != "" {
			if err := step(below); err != nil {
				return err
			}
			names = append(names, below)
			continue
		}
		if len(names) == 0 {
			break
		}
		last := names[len(names)-1]
		names = names[:len(names)-1]
		if err := step(".."); err != nil {
			return err
		}
		if err := unix.Unlinkat(int(at.Fd()), last, unix.AT_REMOVEDIR); err != nil && err != unix.ENOENT {
			return &os.PathError{Op: "rmdir", Path: last, Err: err}
		}
	}
	if err := unix.Rmdir(path); err != nil && err != unix.ENOENT {
		return &os.PathError{Op: "rmdir", Path: path, Err: err}
	}
	return nil
}

func firstDirectory(at *os.File) (string, error) {
	for {
		entries, err := at.ReadDir(64)
		for _, e := range entries {
			if e.IsDir() {
				return e.Name(), nil
			}
		}
		if err == io.EOF {
			return "", nil
		}
		if err != nil {
			return "", err
		}
	}
}
