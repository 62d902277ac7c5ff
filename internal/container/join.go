package container

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/userns"
)

// joinedUser is the path of the user namespace that the container is to be in, if that
// exists; "" otherwise.
func (l *launch) joinedUser() string {
	for _, ns := range l.spec.Linux.Namespaces {
		if ns.Type == specs.UserNamespace {
			return ns.Path
		}
	}
	return ""
}

// openJoined opens the namespaces that are entered before the clone: with a user
// namespace that exists, all that exist, the user namespace first.
func (l *launch) openJoined() (files []*os.File, err error) {
	user := l.joinedUser()
	if user == "" {
		return nil, nil
	}
	paths := []string{user}
	for _, ns := range l.spec.Linux.Namespaces {
		if ns.Path != "" && ns.Type != specs.UserNamespace {
			paths = append(paths, ns.Path)
		}
	}
	for _, p := range paths {
		f, err := os.Open(p)
		if err != nil {
			closeAll(files)
			return nil, l.gone(err)
		}
		files = append(files, f)
	}
	// The process of that number may be another by now, unless its urun still holds the record.
	if j := l.opt.Joined; j != nil {
		if now, err := (Access{l.opt.Buses, l.opt.States, l.opt.Store}).Lookup(j.ID); err != nil || now.Pid != j.Pid {
			closeAll(files)
			return nil, l.gone(os.ErrNotExist)
		}
	}
	return files, nil
}

// gone is the error of namespaces that are no more.
func (l *launch) gone(err error) error {
	if err == nil {
		return nil
	}
	if j := l.opt.Joined; j != nil && errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the container %s has just ended", quote(j.Called()))
	}
	return err
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// joinedIDs are the id maps of the user namespace that the container is to be in.
func (l *launch) joinedIDs() (userns.Choice, error) {
	p := l.joinedUser()
	switch j := l.opt.Joined; {
	case !l.owns(specs.PIDNamespace):
		// Its driver may be in that user namespace.
		return userns.Choice{}, errors.New("--net container: with --pid host the other container's helpers would be within reach; leave --pid out")
	case j != nil && j.Cgroup == "" && l.place.wanted:
		// In its user namespace no cgroup namespace can be made, and without one limits can be lifted.
		return userns.Choice{}, fmt.Errorf("limits need a cgroup of its own for %s, too, whose user namespace is shared: start that with a limit or with --cgroup auto", quote(j.Called()))
	}
	dir := path.Dir(path.Dir(p))
	if _, err := strconv.Atoi(strings.TrimPrefix(dir, "/proc/")); err != nil {
		return userns.Choice{}, fmt.Errorf("user namespace %s: only one of a process, /proc/PID/ns/user, can be joined", quote(p))
	}
	c, err := userns.Of(dir)
	if j := l.opt.Joined; err != nil && j != nil && !errors.Is(err, os.ErrNotExist) {
		return c, fmt.Errorf("the container %s is just starting; try again", quote(j.Called()))
	}
	return c, l.gone(err)
}
