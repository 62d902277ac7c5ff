package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

func args(list []string) error {
	for i, a := range list {
		fmt.Printf("%d %q\n", i, a)
	}
	return nil
}

func environ([]string) error {
	for _, v := range os.Environ() {
		fmt.Println(v)
	}
	return nil
}

// cwd asks the kernel itself: it says "(unreachable)/..." for a directory outside the root, where libraries give up.
func cwd([]string) error {
	b := make([]byte, unix.PathMax)
	n, err := unix.Getcwd(b)
	if err != nil {
		return err
	}
	fmt.Println(strings.TrimRight(string(b[:n]), "\x00"))
	return nil
}

// ids are real, effective, saved and file-system ids, the supplementary groups and the maps.
func ids([]string) error {
	if err := fields("/proc/thread-self/status", "Uid", "Gid", "Groups"); err != nil {
		return err
	}
	for _, name := range []string{"setgroups", "uid_map", "gid_map"} {
		b, err := os.ReadFile("/proc/self/" + name)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(b)) {
			fmt.Println(name, strings.Join(strings.Fields(line), " "))
		}
	}
	return nil
}

func caps([]string) error {
	return fields("/proc/thread-self/status", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp")
}

func sigmask([]string) error {
	return fields("/proc/thread-self/status", "SigBlk", "SigIgn")
}

// status prints the fields of /proc/self/status that are named.
func status(names []string) error {
	return fields("/proc/thread-self/status", names...)
}

func fields(path string, names ...string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	values := map[string]string{}
	for line := range strings.Lines(string(b)) {
		name, value, _ := strings.Cut(line, ":")
		values[name] = strings.Join(strings.Fields(value), " ")
	}
	for _, name := range names {
		fmt.Println(strings.TrimSpace(name + " " + values[name]))
	}
	return nil
}

// rlimits leaves out NOFILE: the Go runtime raises its soft limit before main; ask a shell for that one.
func rlimits([]string) error {
	names := []string{
		"CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE",
		"MEMLOCK", "AS", "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME",
	}
	for resource, name := range names {
		if name == "NOFILE" {
			continue
		}
		var lim unix.Rlimit
		if err := unix.Getrlimit(resource, &lim); err != nil {
			return err
		}
		fmt.Println(name, limit(lim.Cur), limit(lim.Max))
	}
	return nil
}

func limit(n uint64) string {
	if n == unix.RLIM_INFINITY {
		return "unlimited"
	}
	return fmt.Sprint(n)
}

// keyring is the serial number of the session keyring: the caller's must not be the container's.
func keyring([]string) error {
	id, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_SESSION_KEYRING, false)
	if err != nil {
		return err
	}
	fmt.Println(id)
	return nil
}
