package cgroup2

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Host is how this machine mounts cgroups, and where in them the caller is.
type Host struct {
	Mount      string   // where the cgroup v2 hierarchy is mounted; "" when it is not
	NSDelegate bool     // cgroup namespaces are boundaries of delegation: cgroups(7), "nsdelegate"
	V1         []string // controllers that are mounted as cgroup v1, in order of their names
	Booted     bool     // process 1 is a systemd: sd_booted(3)
	Own        string   // the caller's cgroup v2, absolute below Mount
}

// Unified tells whether every controller is in the v2 hierarchy, as far as it is known.
func (h Host) Unified() bool { return h.Mount != "" && len(h.V1) == 0 }

// V1Holds are those of the controllers that cgroup v1 has taken.
func (h Host) V1Holds(controllers []string) []string {
	var list []string
	for _, c := range controllers {
		if slices.Contains(h.V1, map[string]string{"io": "blkio"}[c]) || slices.Contains(h.V1, c) {
			list = append(list, c)
		}
	}
	return list
}

// Owned tells whether the files of the caller's cgroup are uid's, so that a root with that id may write them. What cannot be
// looked at may be.
func (h Host) Owned(uid int) bool {
	if h.Mount == "" {
		return false
	}
	var st unix.Stat_t
	err := unix.Stat(path.Join(h.Mount, h.Own, "cgroup.procs"), &st)
	return err != nil || int(st.Uid) == uid
}

// Probe looks at /proc.
func Probe() (h Host, err error) {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return h, err
	}
	defer f.Close()
	if h, err = parseMounts(f); err != nil {
		return h, err
	}
	var st unix.Stat_t
	h.Booted = unix.Lstat("/run/systemd/system", &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR
	h.Own, err = CgroupOf(os.Getpid())
	return h, err
}

// parseMounts reads mountinfo(5).
func parseMounts(r io.Reader) (h Host, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), " ") // a name may have other white space
		dash := slices.Index(fields, "-")
		if dash < 5 || len(fields) < dash+4 || !strings.HasPrefix(fields[4], "/") {
			continue
		}
		kind, options := fields[dash+1], strings.Split(fields[dash+3], ",")
		switch {
		case kind == "cgroup2" && (h.Mount == "" || fields[4] == "/sys/fs/cgroup"):
			h.Mount, h.NSDelegate = unescape(fields[4]), slices.Contains(options, "nsdelegate")
		case kind == "cgroup":
			for _, o := range options {
				// The others are options such as rw, xattr, name=systemd.
				if slices.Contains([]string{"memory", "pids", "cpu", "cpuset", "blkio", "hugetlb", "rdma"}, o) && !slices.Contains(h.V1, o) {
					h.V1 = append(h.V1, o)
				}
			}
		}
	}
	slices.Sort(h.V1)
	return h, lines.Err()
}

// unescape undoes mountinfo's octal escapes of white space and backslash.
func unescape(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

// CgroupOf is the cgroup v2 of a process, absolute as cgroups(7) has it in
// /proc/PID/cgroup: below the root of the caller's cgroup namespace.
func CgroupOf(pid int) (string, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		return "", err
	}
	return parseCgroup(string(b))
}

func parseCgroup(content string) (string, error) {
	for line := range strings.Lines(content) {
		if path, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "0::"); ok {
			return path, nil
		}
	}
	return "", errors.New("this kernel has no cgroup v2 hierarchy")
}
