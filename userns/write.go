package userns

import (
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// helperDeadline is generous because newuidmap may ask a directory service.
const helperDeadline = 10 * time.Second

// Write gives the process pid, in a new user namespace, the maps of c. The process
// must be a child of the caller's, still have the caller's ids, and be visible in
// /proc. A helper that fails is a *[HelperError]; the process may have one of the
// two maps then and is of no more use.
func (c Choice) Write(pid int) error {
	return c.write(pid, helperDeadline)
}

func (c Choice) write(pid int, deadline time.Duration) error {
	if c.DenySetgroups {
		// Before gid_map: afterwards the kernel takes it no more.
		if err := put(pid, "setgroups", []byte("deny")); err != nil {
			return err
		}
	}
	if c.Method == Helpers {
		return runHelpers(deadline,
			command{c.NewUIDMap, arguments(c.NewUIDMap, pid, c.UIDs)},
			command{c.NewGIDMap, arguments(c.NewGIDMap, pid, c.GIDs)})
	}
	if err := put(pid, "uid_map", format(c.UIDs)); err != nil {
		return err
	}
	return put(pid, "gid_map", format(c.GIDs))
}

// put writes a file of /proc/PID in one write(2), as the maps must be.
func put(pid int, name string, content []byte) error {
	fd, err := unix.Open("/proc/"+strconv.Itoa(pid)+"/"+name, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err == nil {
		_, err = unix.Write(fd, content)
		unix.Close(fd)
	}
	if err != nil {
		return &MapError{name, pid, err}
	}
	return nil
}

// MapError is a file of /proc/PID that could not be written: a map, or setgroups.
type MapError struct {
	File string // uid_map, gid_map or setgroups
	Pid  int
	Err  error
}

func (e *MapError) Error() string { return fmt.Sprintf("write %s of %d: %v", e.File, e.Pid, e.Err) }
func (e *MapError) Unwrap() error { return e.Err }
