package main

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ipc makes, finds or removes one object of each kind that an ipc namespace has, and a file in /dev/shm, all of the same
// key, and says of each how that ended.
func ipc(args []string) error {
	if len(args) != 2 {
		return usage("make|find|remove KEY")
	}
	key, err := number(args[1])
	if err != nil {
		return err
	}
	create := 0
	if args[0] == "make" {
		create = unix.IPC_CREAT | 0o600
	}
	remove := args[0] == "remove"
	systemV := func(name string, get uintptr, control func(id int) error, args ...uintptr) {
		r, _, errno := unix.Syscall(get, uintptr(key), args[0], args[len(args)-1])
		err := error(nil)
		if errno != 0 {
			err = errno
		} else if remove {
			err = control(int(r))
		}
		fmt.Println(name, result(err))
	}
	systemV("shm", unix.SYS_SHMGET, func(id int) error { _, err := unix.SysvShmCtl(id, unix.IPC_RMID, nil); return err }, 4096, uintptr(create))
	systemV("sem", unix.SYS_SEMGET, controlled(unix.SYS_SEMCTL, 0, unix.IPC_RMID), 1, uintptr(create))
	systemV("msg", unix.SYS_MSGGET, controlled(unix.SYS_MSGCTL, unix.IPC_RMID, 0), uintptr(create))
	name := "urun-test-" + args[1]
	fmt.Println("mq", result(queue(name, create != 0, remove)))
	fmt.Println("file", result(shared("/dev/shm/"+name, create != 0, remove)))
	return nil
}

func controlled(call, second, third uintptr) func(id int) error {
	return func(id int) error {
		if _, _, errno := unix.Syscall6(call, uintptr(id), second, third, 0, 0, 0); errno != 0 {
			return errno
		}
		return nil
	}
}

func queue(name string, create, remove bool) error {
	text, err := unix.BytePtrFromString(name)
	if err != nil {
		return err
	}
	at := uintptr(unsafe.Pointer(text))
	if remove {
		if _, _, errno := unix.Syscall(unix.SYS_MQ_UNLINK, at, 0, 0); errno != 0 {
			return errno
		}
		return nil
	}
	flags := unix.O_RDONLY | unix.O_CLOEXEC
	if create {
		flags |= unix.O_CREAT
	}
	fd, _, errno := unix.Syscall6(unix.SYS_MQ_OPEN, at, uintptr(flags), 0o600, 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return unix.Close(int(fd))
}

func shared(path string, create, remove bool) error {
	switch {
	case remove:
		return os.Remove(path)
	case create:
		return os.WriteFile(path, []byte("shared"), 0o600)
	}
	_, err := os.Stat(path)
	return err
}
