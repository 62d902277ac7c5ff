package namespaces

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// Namespace is one that a process is in.
type Namespace struct {
	Type     string  `json:"type"` // as OCI has it
	Inode    uint64  `json:"inode"`
	Own      bool    `json:"own"`                 // not the caller's
	Owner    uint64  `json:"owner,omitempty"`     // inode of the user namespace that owns it; 0 when it cannot be seen
	OwnerUID *uint32 `json:"owner_uid,omitempty"` // of a user namespace: who made it, as an id of the caller's
	Parent   uint64  `json:"parent,omitempty"`    // of a user or pid namespace; 0 when it cannot be seen
}

// kinds are the OCI names of namespaces, and their links in /proc/PID/ns. A user
// namespace comes first because it owns the others.
var kinds = [...]struct{ name, link string }{
	{"user", "user"}, {"mount", "mnt"}, {"pid", "pid"}, {"network", "net"},
	{"ipc", "ipc"}, {"uts", "uts"}, {"cgroup", "cgroup"}, {"time", "time"},
}

// Of returns the namespaces of a process, the user namespace first. Those that the
// kernel does not have are left out. A process that has ended is unix.ESRCH or
// unix.ENOENT.
func Of(pid int) ([]Namespace, error) {
	dir, err := open(pid)
	if err != nil {
		return nil, err
	}
	defer unix.Close(dir)
	list := make([]Namespace, 0, len(kinds))
	for _, k := range kinds {
		var mine unix.Stat_t
		if err := unix.Stat("/proc/self/ns/"+k.link, &mine); err == unix.ENOENT {
			continue // time has been there since Linux 5.6, and needs CONFIG_TIME_NS
		} else if err != nil {
			return nil, fmt.Errorf("read the caller's %s namespace: %w", k.name, err)
		}
		n, err := look(dir, k.link)
		if err != nil {
			return nil, fmt.Errorf("read the %s namespace of %d: %w", k.name, pid, err)
		}
		n.Type, n.Own = k.name, n.Inode != mine.Ino
		list = append(list, n)
	}
	return list, nil
}

// Inode returns the inode of a process's namespace, whose kind is OCI's name of it.
func Inode(pid int, kind string) (uint64, error) {
	for _, k := range kinds {
		if k.name != kind {
			continue
		}
		var st unix.Stat_t
		if err := unix.Stat("/proc/"+strconv.Itoa(pid)+"/ns/"+k.link, &st); err != nil {
			return 0, fmt.Errorf("read the %s namespace of %d: %w", kind, pid, err)
		}
		return st.Ino, nil
	}
	return 0, fmt.Errorf("there is no kind of namespace called %q", kind)
}

// open returns a handle of the process, which is of no other one when its number is
// given away meanwhile.
func open(pid int) (int, error) {
	dir, err := unix.Open("/proc/"+strconv.Itoa(pid), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open the process %d: %w", pid, err)
	}
	return dir, nil
}
