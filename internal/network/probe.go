package network

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// HostFacts are what a network depends on, as it was found on this host.
type HostFacts struct {
	Tun      error  // of opening /dev/net/tun; nil: it can be opened
	Root     bool   // the caller is root
	IPv6     bool   // the kernel has it
	Slirp    string // the path of slirp4netns, or ""
	Pasta    string
	Stack    string // of urun-netstack
	Nsenter  bool   // nsenter(1) is there
	PastaAge string // the date of its version, 20240624; looked at only where it matters
	Resolver Resolver
	Address  netip.Addr // one by which others reach the host, and so can the container; or the zero Addr
}

// Places are where programs and files are looked for. The caller knows the environment.
type Places struct {
	Path string // as the variable PATH
	Self string // the path of urun's own binary
}

// Probe looks at the host. It starts nothing, except where only pasta's version can
// tell whether it will do.
func Probe(w Wish, p Places) HostFacts {
	var h HostFacts
	if b, err := os.ReadFile("/etc/resolv.conf"); err == nil {
		h.Resolver = ParseResolver(b)
	}
	if !w.Driven() {
		return h
	}
	if fd, err := unix.Open(tunDevice, unix.O_RDWR|unix.O_CLOEXEC, 0); err != nil {
		h.Tun = &os.PathError{Op: "open", Path: tunDevice, Err: err}
	} else {
		// Something else may have been put there.
		if _, err := unix.IoctlGetInt(fd, unix.TUNGETFEATURES); err != nil {
			h.Tun = &os.PathError{Op: "TUNGETFEATURES", Path: tunDevice, Err: err}
		}
		unix.Close(fd)
	}
	h.Root = os.Geteuid() == 0
	h.IPv6 = unix.Access("/proc/sys/net/ipv6", unix.F_OK) == nil
	h.Slirp, h.Pasta, h.Stack = find(p.Path, "slirp4netns"), find(p.Path, "pasta"), FindStack(p.Self)
	h.Address = outside()
	h.Nsenter = unix.Access(nsenterPath, unix.X_OK) == nil
	if h.Pasta != "" && (w.Mode == Pasta || w.Mode == Auto && h.Stack == "" && (h.Slirp == "" || w.sixth())) {
		h.PastaAge = pastaAge(h.Pasta)
	}
	return h
}

const tunDevice = "/dev/net/tun"

// Driven tells whether a driver is wanted.
func (w Wish) Driven() bool {
	switch w.Mode {
	case Auto, Slirp4netns, Pasta, Gvisor:
		return true
	}
	return false
}

// find looks for a program as execvp(3) does, but never in the working directory.
func find(dirs, name string) string {
	for _, dir := range filepath.SplitList(dirs) {
		if !filepath.IsAbs(dir) {
			continue
		}
		p := filepath.Join(dir, name)
		var st unix.Stat_t
		if unix.Stat(p, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG && unix.Access(p, unix.X_OK) == nil {
			return p
		}
	}
	return ""
}

// silent is the age of a pasta that does not tell.
const silent = "new"

func pastaAge(path string) string {
	var out strings.Builder
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--version")
	cmd.Stdout = &out
	// The container's first process, which is cloned meanwhile, may hold the pipe, too,
	// until it executes something; it waits for what is found out here.
	cmd.WaitDelay = 10 * time.Millisecond
	if err := cmd.Run(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		return ""
	}
	line, _, ended := strings.Cut(out.String(), "\n")
	if !ended {
		return silent // it ends without writing what it has said, unless to a terminal: versions of 2025 do
	}
	return age(line)
}

// age is the date in a version of passt as YYYYMMDD: "pasta 2024_06_24.1ee2eca", or
// Debian's "pasta 0.0~git20240624.1ee2eca-1"; "" where there is none.
func age(version string) string {
	_, version, _ = strings.Cut(version, " ")
	version = strings.TrimPrefix(version, "0.0~git")
	day, _, _ := strings.Cut(version, ".")
	day = strings.ReplaceAll(day, "_", "")
	if len(day) != 8 || strings.Trim(day, "0123456789") != "" {
		return ""
	}
	return day
}
