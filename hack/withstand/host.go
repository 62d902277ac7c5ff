package main

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// hostAttacks are those on what of the host and of the caller may be seen inside.
func hostAttacks() []attack {
	return []attack{
		{"the caller's unlimited core dumps are the command's", coreDumps},
		{"/proc/keys is read", says("open", "no", "sh", "-c", `[ -n "$(cat /proc/keys 2>/dev/null)" ] && echo open || echo no`)},
		{"/proc/interrupts is read", says("open", "no", "sh", "-c", `[ -n "$(cat /proc/interrupts 2>/dev/null)" ] && echo open || echo no`)},
		{"/sys/firmware is listed", says("open", "no", "sh", "-c", `[ -n "$(ls -A /sys/firmware 2>/dev/null)" ] && echo open || echo no`)},
		{"a socket at the host's loopback is reached", listening("tcp", "127.0.0.1:0")},
		{"an abstract socket of the host is reached", listening("unix", "@urun-withstand-")},
		{"shared memory of the host is found", sharedMemory},
	}
}

func coreDumps(r *trial) cell {
	r.prefix = []string{"sh", "-c", `ulimit -c unlimited && exec "$@"`, "sh"}
	return says("core unlimited", "core ", "sh", "-c", "echo core $(ulimit -c)")(r)
}

func listening(network, address string) func(r *trial) cell {
	return func(r *trial) cell {
		if network == "unix" {
			address = fmt.Sprint("@urun-withstand-", os.Getpid())
		}
		l, err := net.Listen(network, address)
		if err != nil {
			return cell{untested, err.Error()}
		}
		defer l.Close()
		to := []string{"tcp", l.Addr().String()}
		if network == "unix" {
			to = []string{"abstract", address[1:]}
		}
		return says("connected", "connect", append([]string{"probe", "connect"}, to...)...)(r).or(holds, "ECONNREFUSED", "ENETUNREACH")
	}
}

func sharedMemory(r *trial) cell {
	key := os.Getpid()<<8 | 0x5
	id, err := unix.SysvShmGet(key, 4096, unix.IPC_CREAT|0o600)
	if err != nil {
		return cell{untested, err.Error()}
	}
	defer func() { _, _ = unix.SysvShmCtl(id, unix.IPC_RMID, nil) }()
	return says("shm ok", "shm E", "probe", "ipc", "find", fmt.Sprint(key))(r)
}
