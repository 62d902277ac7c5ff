// Command probe runs as the container in urun's tests: it prints what a process sees, or tries one thing and says how
// it ended. One static program, so that a test needs no image and no tool of the rootfs.
//
// Output is plain lines. What the kernel refuses is printed as the errno's name, and the exit status is 1; a command
// line the probe does not understand is 2. It knows Linux and nothing of urun: a test that compares with what urun
// promises does the comparing.
//
// Without the setting below the Go runtime keeps the cgroup's cpu quota open, and "fds" would list it.

//go:debug containermaxprocs=0
package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// verbs are the things the probe can do, each with what it wants as arguments.
func verbs() map[string]func(args []string) error {
	return map[string]func([]string) error{
		"args": args, "env": environ, "cwd": cwd, "rlimits": rlimits,
		"ids": ids, "caps": caps, "status": status, "sigmask": sigmask, "keyring": keyring, "keys": keys,
		"ns": namespaces, "nsrel": relations,
		"fds": descriptors, "mounts": mounts, "dev": devices,
		"stat": stat, "lstat": lstat, "readlink": readlink, "ls": list,
		"read": read, "write": write, "open": open, "mkdir": mkdir, "mknod": mknod, "chown": chown, "unlink": unlink,
		"mount": mount, "umount": umount, "chroot-escape": chrootEscape,
		"tty": tty, "tiocsti": tiocsti, "streams": streams,
		"connect": connect, "listen": listen, "ipc": ipc,
		"beneath": beneath, "nested": nested, "remount-writable": remountWritable, "rename": rename, "link": link,
		"serve": serve, "fetch": fetch, "send": send, "receive": receive, "many": many, "datagrams": datagrams, "datagrams-by": datagramsBy, "lookup": lookup, "ping": ping,
		"eat": eat, "bomb": bomb, "ticks": ticks, "burn": burn, "lift": lift, "lift-mount": liftMount, "lift-write": liftWrite,
		"exit": exit, "refuse": refuse, "sleep": sleep, "spin": spin, "exec": execute, "syscall": rawSyscall, "calls": calls, "foreign": foreign, "threads": threads,
		"kill": kill, "ignore": ignore, "catch": catch, "ptrace": ptrace, "proc": procFiles, "exe-attack": exeAttack, "join-attack": joinAttack,
		"orphan": orphan, "orphans": orphans, "orphan-parent": orphanParent, "orphan-child": orphanChild,
	}
}

// usage is an error in the probe's own command line.
type usage string

func (u usage) Error() string { return string(u) }

func main() {
	table := verbs()
	if len(os.Args) < 2 || table[os.Args[1]] == nil {
		names := make([]string, 0, len(table))
		for name := range table {
			names = append(names, name)
		}
		slices.Sort(names)
		fmt.Fprintln(os.Stderr, "usage: probe VERB [ARG...], VERB one of", names)
		os.Exit(2)
	}
	err := table[os.Args[1]](os.Args[2:])
	if _, wrong := errors.AsType[usage](err); wrong {
		fmt.Fprintf(os.Stderr, "usage: probe %s %v\n", os.Args[1], err)
		os.Exit(2)
	}
	if err != nil {
		fmt.Println(errnoName(err))
		os.Exit(1)
	}
}

func errnoName(err error) string {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		if name := unix.ErrnoName(errno); name != "" {
			return name
		}
	}
	return err.Error()
}

// result is what a line about one attempt says: ok or the errno's name.
func result(err error) string {
	if err == nil {
		return "ok"
	}
	return errnoName(err)
}

func number(s string) (int, error) {
	n, err := strconv.ParseInt(s, 0, 0)
	if err != nil {
		return 0, usage("N: not a number: " + s)
	}
	return int(n), nil
}
