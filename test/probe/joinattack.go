package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// attack is what a hostile process does to every other one that it sees, as long as FILE does not exist. It prints what
// it got, each thing once.
type attack struct {
	mark    []byte // what stands in the environment of who must not be read
	address int64  // and where HEAD is in that one's memory
	head    []byte
	names   []string // of the files of /proc/PID
	told    map[string]bool
}

// joinAttack FILE MARK ADDRESS HEAD prints "leak NAME" for a file with the mark, "link NAME TARGET" for a link that it may
// read, "fd TARGET" for a descriptor that it could take, "memory" for memory that has the head, and "traced PROGRAM"
// for a process that it could stop while that was its program.
func joinAttack(args []string) error {
	if len(args) != 4 {
		return usage("FILE MARK ADDRESS HEAD")
	}
	address, err := number(args[2])
	if err != nil {
		return err
	}
	head, err := hex.DecodeString(args[3])
	if err != nil {
		return usage("HEAD in hexadecimal digits")
	}
	a := attack{mark: []byte(args[1]), address: int64(address), head: head, told: map[string]bool{}}
	if err := a.list(); err != nil {
		return err
	}
	runtime.LockOSThread() // a tracer is a thread
	a.say("ready")
	own := fmt.Sprint(os.Getpid())
	for {
		if _, err := os.Stat(args[0]); err == nil {
			fmt.Println("over")
			return nil
		}
		dirs, err := filepath.Glob("/proc/[0-9]*")
		if err != nil {
			return err
		}
		for _, dir := range dirs {
			if pid := filepath.Base(dir); pid != own {
				n, err := number(pid)
				if err != nil {
					return err
				}
				a.on(n, dir)
			}
		}
	}
}

// list finds the names of the files and links of a process.
func (a *attack) list() error {
	for _, pattern := range []string{"*", "attr/*", "ns/*", "net/*"} {
		paths, err := filepath.Glob("/proc/self/" + pattern)
		if err != nil {
			return err
		}
		for _, path := range paths {
			a.names = append(a.names, strings.TrimPrefix(path, "/proc/self/"))
		}
	}
	return nil
}

func (a *attack) say(words ...string) {
	line := strings.Join(words, " ")
	if !a.told[line] {
		a.told[line] = true
		fmt.Println(line)
	}
}

var inodes = regexp.MustCompile(`\[\d+\]`)

func (a *attack) on(pid int, dir string) {
	a.trace(pid, dir)
	a.take(pid)
	for _, name := range a.names {
		if target, err := unixReadlink(dir + "/" + name); err == nil {
			a.say("link", name, inodes.ReplaceAllString(target, ""))
			continue
		}
		a.file(dir, name)
	}
	for _, links := range []string{"/fd/*", "/map_files/*"} {
		paths, _ := filepath.Glob(dir + links) // the pattern is right
		for _, path := range paths {
			if target, err := unixReadlink(path); err == nil {
				a.say("link", filepath.Base(filepath.Dir(path)), inodes.ReplaceAllString(target, ""))
			}
		}
	}
	local := make([]byte, len(a.head))
	n, err := unix.ProcessVMReadv(pid, []unix.Iovec{iovec(local)}, []unix.RemoteIovec{{Base: uintptr(a.address), Len: len(local)}}, 0)
	if err == nil && n == len(local) && bytes.Equal(local, a.head) {
		a.say("memory")
	}
}

// file reads one, and looks for the mark; of mem for the head.
func (a *attack) file(dir, name string) {
	flags := unix.O_RDONLY
	if name == "mem" {
		flags = unix.O_RDWR
	}
	fd, err := unix.Open(dir+"/"+name, flags|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	b := make([]byte, 1<<16)
	if name == "mem" {
		n, _ := unix.Pread(fd, b[:len(a.head)], a.address) // what cannot be read is not the one
		if n == len(a.head) && bytes.Equal(b[:n], a.head) {
			a.say("memory")
		}
		return
	}
	n, err := unix.Read(fd, b)
	if err == nil && bytes.Contains(b[:n], a.mark) {
		a.say("leak", name)
	}
}

// take gets descriptors of a process by pidfd_getfd(2).
func (a *attack) take(pid int) {
	p, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return
	}
	defer unix.Close(p)
	for n := range 16 {
		fd, err := unix.PidfdGetfd(p, n, 0)
		if err != nil {
			continue
		}
		target, _ := unixReadlink(fmt.Sprint("/proc/self/fd/", fd)) // it is the own one
		a.say("fd", inodes.ReplaceAllString(target, ""))
		unix.Close(fd)
	}
}

// trace attaches to a process and stops it. Who could attach before an exec stops it before: the exec itself keeps a
// tracer waiting until the new program is there (cred_guard_mutex).
func (a *attack) trace(pid int, dir string) {
	if unix.PtraceSeize(pid) != nil {
		return
	}
	_ = unix.PtraceInterrupt(pid) // it may have ended
	var status unix.WaitStatus
	got, err := unix.Wait4(pid, &status, unix.WALL, nil)
	if err != nil || got != pid || !status.Stopped() {
		return // it has ended
	}
	target, err := unixReadlink(dir + "/exe")
	if err != nil {
		name, _ := os.ReadFile(dir + "/comm") // it is stopped, and was made not to be looked at after the attack on it
		target = errnoName(err) + " " + strings.TrimSpace(string(name))
	}
	a.say("traced", target)
	_ = unix.PtraceDetach(pid) // it may have been killed
}

func iovec(b []byte) (v unix.Iovec) {
	v.Base = &b[0]
	v.SetLen(len(b))
	return v
}
