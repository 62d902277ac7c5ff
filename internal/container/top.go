package container

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/namespaces"
	"github.com/urun-project/urun/internal/procs"
	"github.com/urun-project/urun/internal/users"
)

// Processes are those of the container, and what the ids in it are called there.
func (r *Running) Processes() ([]procs.Process, procs.Names, error) {
	list, err := r.processes()
	if err == nil && (len(list) == 0 || !r.runs()) {
		err = unix.ESRCH
	}
	if err != nil {
		return nil, procs.Names{}, r.fail(err)
	}
	return list, r.names(), nil
}

func (r *Running) processes() ([]procs.Process, error) {
	if foreign(r.Pid)&unix.CLONE_NEWPID != 0 {
		inode, err := namespaces.Inode(r.Pid, "pid")
		if err != nil {
			return nil, err
		}
		return procs.InPidNamespace(inode)
	}
	if r.group == nil {
		return nil, fmt.Errorf("the container %s shares the host's processes (--pid host) and has no cgroup of its own, so which of them are its own cannot be told", quote(r.Called()))
	}
	pids, err := r.group.Processes()
	if err != nil {
		return nil, err
	}
	return procs.Of(pids)
}

// names looks users up in the container's own passwd and group, each once. What is not
// there has its number.
func (r *Running) names() procs.Names {
	root, err := unix.Open("/proc/"+strconv.Itoa(r.Pid)+"/root", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return procs.Names{}
	}
	defer unix.Close(root)
	user, group := users.Names(root)
	return procs.Names{User: user, Group: group}
}
