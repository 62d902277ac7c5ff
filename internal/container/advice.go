package container

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// What helps wherever an errno comes from: against steps (hints.go) and everything else.
const (
	manyFiles    = "raise urun's limit with ulimit -n"
	machineFiles = "the limit is the whole machine's: an administrator can raise the sysctl fs.file-max"
	noMemory     = "it is the machine's, or the limit of the cgroup that urun is in: end something, or raise that limit"
	noRoom       = "make room in that file system; it may lack inodes rather than bytes (df -i)"
	noQuota      = "remove something of yours from that file system, or ask an administrator for more"
	brokenDisk   = "the disk or what stands for one is broken or gone; the kernel's log tells more (dmesg, for an administrator)"
)

// remedy is what helps against an errno whatever was being done: for errors that have no kind of their own.
type remedy struct {
	errno syscall.Errno
	says  string
}

// remedies are looked up by errno.
var remedies = []remedy{
	{unix.EMFILE, manyFiles},
	{unix.ENFILE, machineFiles},
	{unix.EAGAIN, "a limit is reached, likely that on processes: see ulimit -u; else try again"},
	{unix.ENOMEM, noMemory},
	{unix.ENOSPC, noRoom},
	{unix.EDQUOT, noQuota},
	{unix.EROFS, "name a directory that can be written"},
	{unix.EACCES, "check the permissions of it and of the directories above it"},
	{unix.EPERM, "you may not do that here; an administrator, a security module (AppArmor, SELinux) or a seccomp filter decides it"},
	{unix.EIO, brokenDisk},
	{unix.ENAMETOOLONG, "choose a shorter name"},
	{unix.ENOSYS, "{kernel}"},
}

// withAdvice is the error's own words, with names quoted, and a remedy where they have none yet.
func withAdvice(err error) string {
	says := oneLine(err)
	if strings.Contains(says, "; ") {
		return says
	}
	return says + adviceOn(err)
}

// adviceOn is the remedy for an error's errno as the end of a sentence; "" without one.
func adviceOn(err error) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return ""
	}
	if says := remedyFor(errno, surroundings()); says != "" {
		return "; " + says
	}
	return ""
}

func remedyFor(errno syscall.Errno, on host) string {
	for _, r := range remedies {
		if r.errno == errno {
			return on.fill(r.says)
		}
	}
	return ""
}

// oneLine is what an error says: the name of a file quoted, and several errors one behind the other.
func oneLine(err error) string {
	switch e := err.(type) {
	case *fs.PathError:
		return e.Op + " " + quote(e.Path) + ": " + e.Err.Error()
	case *os.LinkError:
		return e.Op + " " + quote(e.Old) + " to " + quote(e.New) + ": " + e.Err.Error()
	}
	return strings.ReplaceAll(strings.TrimSuffix(err.Error(), "\n"), "\n", "; ")
}
