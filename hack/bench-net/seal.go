package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// The names that the program has as its own successors.
const (
	roleMapped  = "bench-net-mapped"
	roleMachine = "bench-net-machine"
	roleBench   = "bench-net-bench"
	roleWorld   = "bench-net-world"
)

// gateFD is a pipe that a byte comes from when the ids are mapped, and that ends with whoever started all this.
const gateFD = 3

// seal starts the machine: a process in new namespaces whose ids are
//
//	inside        outside
//	0             the first subordinate id
//	the caller's  the caller's
//	the others    the others
//
// so that it has a root and, beside it, a normal user with a range of subordinate ids, as any machine has. In a namespace
// in which the caller is root, what is measured would take other ways than a normal user's.
func seal() error {
	if os.Getuid() == 0 {
		return errors.New("a rootless tool is measured as a normal user: make bench-net makes one")
	}
	// Inside, a tmpfs is mounted over it: what the tools leave there, files of other ids among it, vanishes with the machine.
	work, err := os.MkdirTemp("", "bn") // short: podman makes sockets below it
	if err != nil {
		return err
	}
	defer os.Remove(work)
	gate, gateEnd, err := os.Pipe()
	if err != nil {
		return err
	}
	c := exec.Command("/proc/self/exe", append([]string{"-work", work}, os.Args[1:]...)...)
	c.Args[0] = roleMapped
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.ExtraFiles = []*os.File{gate}
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
		// Before the maps are there it is nobody, and would lose these with the exec.
		AmbientCaps: []uintptr{unix.CAP_SETUID, unix.CAP_SETGID},
	}
	if err := c.Start(); err != nil {
		return fmt.Errorf("make the sealed namespaces: %w", err)
	}
	gate.Close()
	err = writeMap("newuidmap", "/etc/subuid", c.Process.Pid, os.Getuid())
	if err == nil {
		err = writeMap("newgidmap", "/etc/subgid", c.Process.Pid, os.Getgid())
	}
	if err == nil {
		_, err = gateEnd.Write([]byte{1})
	}
	// Its end is the machine's, and this program is not to end before it: it has a directory to remove.
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	if err != nil {
		gateEnd.Close()
	}
	go func() {
		<-interrupted
		gateEnd.Close()
	}()
	ended := c.Wait()
	runtime.KeepAlive(gateEnd)
	if err == nil && ended != nil {
		err = errSaid
	}
	return err
}

func writeMap(program, file string, pid, id int) error {
	u, err := user.Current()
	if err != nil {
		return err
	}
	first, count, err := subordinate(u, file)
	if err != nil {
		return err
	}
	out, err := exec.Command(program, strconv.Itoa(pid), "0", strconv.Itoa(first), "1", strconv.Itoa(id), strconv.Itoa(id), "1",
		strconv.Itoa(first+1), strconv.Itoa(first+1), strconv.Itoa(count-1)).CombinedOutput()
	if err != nil {
		return fmt.Errorf("run %s: %w: %s", program, err, out)
	}
	return nil
}

// subordinate is a user's first range in /etc/subuid or /etc/subgid.
func subordinate(u *user.User, file string) (first, count int, err error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) == 3 && (f[0] == u.Username || f[0] == u.Uid) {
			first, err := strconv.Atoi(f[1])
			count, err2 := strconv.Atoi(f[2])
			return first, count, errors.Join(err, err2)
		}
	}
	return 0, 0, fmt.Errorf("find a range in %s: it has no line for %s", file, u.Username)
}

// mapped is the first process of the machine before it is root. It waits for its maps, and leaves the gate open for the next.
func mapped() error {
	if n, _ := unix.Read(gateFD, make([]byte, 1)); n != 1 {
		return errSaid
	}
	uid, gid := os.Getuid(), os.Getgid()
	err := errors.Join(syscall.Setgroups(nil), syscall.Setresgid(0, 0, 0), syscall.Setresuid(0, 0, 0))
	if err != nil {
		return fmt.Errorf("become root inside: %w", err)
	}
	argv := append([]string{roleMachine, "-uid", strconv.Itoa(uid), "-gid", strconv.Itoa(gid)}, os.Args[1:]...)
	return syscall.Exec("/proc/self/exe", argv, os.Environ())
}
