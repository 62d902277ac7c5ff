package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// attack is a row.
type attack struct {
	name string
	try  func(r *trial) cell
}

// attacks are all rows. A change of the canary is "open" whatever try says.
func attacks() []attack {
	list := []attack{
		{"the runtime's own binary can be written through /proc/PID/exe", ownBinary},
		{"descriptors that the caller leaks reach the command", leaked},
		{"working directory /proc/self/fd/N of a leaked descriptor", workdirs},
		{"a key in the caller's session keyring is found", keyring},
		{"TIOCSTI types into the caller's terminal", typed("TIOCSTI ok")},
		{"TIOCSTI with high bits set in the request", typed("TIOCSTI high ok")},
		{"the caller's terminal is the command's controlling terminal", onTerminal(says("controlling ok", "controlling ", "probe", "tty"))},
		{"a process in the background outlives the command", background},
		{"set-user-id programs work (no_new_privs is off)", says("NoNewPrivs 0", "NoNewPrivs 1", "probe", "caps")},
		{"a new user namespace inside", says("open", "refused:", "withstand", "inside", "userns")},
	}
	for _, c := range []struct{ name, call string }{
		{"io_uring_setup(2)", "io_uring"}, {"bpf(2) is reached", "bpf"}, {"perf_event_open(2) is reached", "perf_event_open"},
		{"userfaultfd(2)", "userfaultfd"}, {"a socket of AF_VSOCK", "vsock"}, {"a socket of AF_ALG", "alg"}, {"a socket of AF_PACKET", "packet"},
		{"a netlink socket of netfilter's", "netfilter"}, {"socketpair(2) of another odd family", "families"},
	} {
		list = append(list, attack{c.name, says("open", "refused:", "withstand", "inside", "call", c.call)})
	}
	return slices.Concat(list, i386Attack(), rootfsAttacks(), hostAttacks())
}

// says runs a command that prints one text when the attack works and another one when it does not.
func says(works, fails string, command ...string) func(r *trial) cell {
	return func(r *trial) cell {
		res, err := r.start(command...)
		switch {
		case err != nil:
			return cell{untested, err.Error()}
		case res.hung:
			return cell{open, "it hangs"}
		case strings.Contains(res.out, works):
			return cell{open, oneLine(res.out)}
		case strings.Contains(res.out, fails):
			return cell{holds, oneLine(res.out)}
		}
		return cell{untested, fmt.Sprintf("exit status %d: %s", res.status, oneLine(res.out))}
	}
}

func onTerminal(try func(r *trial) cell) func(r *trial) cell {
	return func(r *trial) cell {
		r.terminal = true
		return try(r)
	}
}

// typed is on the caller's terminal; that the last attempt was made shows that all were.
func typed(works string) func(r *trial) cell {
	return onTerminal(says(works, "TIOCLINUX high", "probe", "tiocsti"))
}

func leaked(r *trial) cell {
	if err := r.leak(); err != nil {
		return cell{untested, err.Error()}
	}
	return says("/canary", "\n2 ", "probe", "fds")(r)
}

// workdirs tries each descriptor. One that a tool refuses, or that is inside, is no way out.
func workdirs(r *trial) cell {
	if r.name == control {
		return cell{untested, "the working directory is a tool's to set"}
	}
	if err := r.leak(); err != nil {
		return cell{untested, err.Error()}
	}
	r.workdir = "/bin" // a tool that cannot do this cannot be tried
	if c := says("never", "ran", "sh", "-c", "echo ran")(r); c.verdict != holds {
		return c
	}
	var ends []string
	for fd := 3; fd < 16; fd++ {
		r.workdir = fmt.Sprint("/proc/self/fd/", fd)
		res, err := r.start("sh", "-c", "cat ./file ../canary/file; ls -l ..; true")
		if err != nil {
			return cell{untested, err.Error()}
		}
		if strings.Contains(res.out, "untouched") {
			return cell{open, "the host's directory through " + r.workdir}
		}
		ends = append(ends, fmt.Sprint(fd, " exit status ", res.status))
	}
	return cell{holds, strings.Join(ends, ", ")}
}

func keyring(r *trial) cell {
	name := fmt.Sprint("urun-withstand-", os.Getpid())
	r.prefix = []string{r.work + "/bin/probe", "keys", "with", name}
	return says("session ok", "session E", "probe", "keys", "find", name)(r)
}

// background leaves a process that is deaf to the hang-up of the terminal, and writes when the command has ended. The command
// waits until it is deaf.
func background(r *trial) cell {
	const command = `(trap "" HUP; echo >DIR/deaf; sleep 1; echo outlived >DIR/late) & while [ ! -e DIR/deaf ]; do sleep 0.1; done; echo ran`
	r.terminal = true
	dir := ""
	if r.name == control {
		dir = r.rootfs
	}
	return says("outlived", "ran", "sh", "-c", strings.ReplaceAll(command, "DIR", dir))(r).after(r.rootfs + "/late")
}
