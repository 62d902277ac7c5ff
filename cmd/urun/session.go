package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/container"
	"github.com/urun-project/urun/internal/state"
)

// access is where this user's containers are recorded, and where the user's systemd may be reached. Under su, in cron and in many
// runners the variables are missing, and what they would name is there all the same.
func access() container.Access {
	uid := strconv.Itoa(os.Getuid())
	var runtimes []string
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		runtimes = append(runtimes, dir)
	}
	if usual := "/run/user/" + uid; len(runtimes) == 0 || filepath.Clean(runtimes[0]) != usual {
		runtimes = append(runtimes, usual)
	}
	a := container.Access{Store: images()}
	for address := range strings.SplitSeq(os.Getenv("DBUS_SESSION_BUS_ADDRESS"), ";") {
		if address != "" {
			a.Buses = append(a.Buses, address)
		}
	}
	for _, dir := range runtimes {
		a.States = append(a.States, dir+"/urun")
		if address := "unix:path=" + escapeAddress(dir+"/bus"); !contains(a.Buses, address) {
			a.Buses = append(a.Buses, address)
		}
	}
	if uid == "0" { // root's containers are the system's
		a.States = append(a.States, "/run/urun")
		a.Buses = append(a.Buses, "unix:path=/run/dbus/system_bus_socket")
	}
	a.States = append(a.States, filepath.Join(os.TempDir(), "urun-"+uid))
	return a
}

// foundNothing tells whether a verb, with this error, did not find a container, or had none to list.
func foundNothing(c command, err error) bool {
	var missing *state.NotFoundError
	if err != nil {
		return errors.As(err, &missing)
	}
	switch c.(type) {
	case *psCmd, *treeCmd, *statsCmd:
		list, err := access().All()
		return err == nil && len(list) == 0
	}
	return false
}

// badRuntimeDir says what is wrong with XDG_RUNTIME_DIR, so that containers are recorded elsewhere; "" where nothing is, or where
// it is not set, as under su.
func badRuntimeDir() string {
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		return ""
	}
	why := ""
	if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
		why = err.Error()
	} else if !isDir(dir) {
		why = "it is no directory"
	}
	if !filepath.IsAbs(dir) {
		why = "it is no absolute path"
	}
	if why == "" {
		return ""
	}
	return strconv.Quote(dir) + " cannot be used: " + why
}

// contains tells whether one of the addresses, which may have a guid behind it, is this one.
func contains(addresses []string, address string) bool {
	for _, a := range addresses {
		if a == address || strings.HasPrefix(a, address+",") {
			return true
		}
	}
	return false
}

// escapeAddress writes a path as a D-Bus address has it: bytes that may not stand for themselves as %XX.
func escapeAddress(path string) string {
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_/.\\*", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte("0123456789abcdef"[c>>4])
		b.WriteByte("0123456789abcdef"[c&15])
	}
	return b.String()
}

// one has the Go runtime of an urun that waits in the background run on one processor: it keeps memory for each that it may use,
// 0.3 MB, and reads that before main could say so.
const one = "GOMAXPROCS=1"

// within is the kind of container that urun runs in, as container engines tell what they start, for messages.
func within() string {
	switch kind := os.Getenv("container"); {
	case kind != "":
		return kind
	case os.Getenv("KUBERNETES_SERVICE_HOST") != "":
		return "kubernetes"
	case exists("/.dockerenv"):
		return "docker"
	case exists("/run/.containerenv"): // podman leaves out the variable with --rootfs
		return "podman"
	}
	return ""
}

// slimEnviron is the environment for such an urun, whose last variable is one unless the caller has a wish of its own.
func slimEnviron(environ []string) []string {
	for _, e := range environ {
		if strings.HasPrefix(e, "GOMAXPROCS=") {
			return environ
		}
	}
	return append(slices.Clip(environ), one)
}

// plainEnviron takes it out again: it is no business of the container's.
func plainEnviron() {
	if e := os.Environ(); len(e) > 0 && e[len(e)-1] == one {
		os.Unsetenv("GOMAXPROCS")
	}
}
