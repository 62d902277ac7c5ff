package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// peer is one way to run a command in a container.
type peer struct {
	name   string
	mapped string // "one id", "full range", or "" for what has no container
	seldom bool   // so slow that a tenth of the runs is enough
	argv   []string
	says   []string // the same with another command, to see that it is run; nil: trusted
	shows  []string // the lines that says is to print; nil: "ran"
	sleep  []string // the same with "sleep 60" as the command; nil: its memory is not measured
	dir    string
}

// program is what must be installed.
func (p peer) program() string {
	i := 0
	for p.argv[0] == "env" && (i == 0 || strings.Contains(p.argv[i], "=")) {
		i++
	}
	return p.argv[i]
}

type leftOut struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// peers are all there could be. What each mounts is as near to urun's as its flags allow: bubblewrap cannot mount a sysfs
// and has a tmpfs there instead; unshare has only /proc.
func peers(o options) []peer {
	bwrap := []string{"bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--uid", "0", "--gid", "0", "--hostname", "bench",
		"--bind", o.rootfs, "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/sys", "--tmpfs", "/dev/shm", "--mqueue", "/dev/mqueue"}
	namespaces := []string{"--user", "--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "--net", "--cgroup",
		"--root=" + o.rootfs, "--mount-proc"}
	unshare := func(maps ...string) []string { return append(append([]string{"unshare"}, maps...), namespaces...) }
	// podman leaves a process that holds its namespaces open: with a runtime directory of the bench it is the bench's to end
	podman := []string{"env", "XDG_RUNTIME_DIR=" + o.work, "podman", "--root", o.work + "/podman", "--runroot", o.work + "/podman-run", "--cgroup-manager", "cgroupfs",
		"run", "--rm", "--network", "none", "--rootfs", o.rootfs}
	list := []peer{
		{name: "true", argv: []string{o.rootfs + "/bin/true"}},
		{name: "floor", mapped: "one id", argv: []string{o.floor, o.rootfs}},
		{name: "urun, one id", mapped: "one id", argv: []string{o.urun, "--userns=single", "--net=none", o.rootfs}},
		{name: "bwrap", mapped: "one id", argv: bwrap},
		{name: "unshare", mapped: "one id", argv: unshare("--map-root-user")},
		{name: "urun, full range", mapped: "full range", argv: []string{o.urun, "--userns=auto", "--net=none", o.rootfs}},
		{name: "unshare --map-auto", mapped: "full range", argv: unshare("--map-root-user", "--map-auto")},
		{name: "podman --rootfs", mapped: "full range", seldom: true, argv: podman},
	}
	for i := range list {
		p := &list[i]
		if p.mapped == "" {
			continue
		}
		p.says = slices.Concat(p.argv, []string{"/bin/echo", "ran"})
		if p.name != "floor" { // its init is not dumpable to the end, and so not to be looked into
			p.sleep = slices.Concat(p.argv, []string{"/bin/sleep", "60"})
		}
		p.argv = append(p.argv, "/bin/true")
	}
	for _, runtime := range []string{"crun", "runc"} {
		for _, mapped := range []string{"one id", "full range"} {
			list = append(list, ociPeer(o, runtime, mapped, nil))
		}
	}
	return list
}

// usable runs each peer once: only what is installed and works is measured, and the others say why not.
func usable(list []peer) (ready []peer, out []leftOut) {
	for _, p := range list {
		if p.dir != "" && len(p.argv) == 0 {
			out = append(out, leftOut{p.name, p.dir})
			continue
		}
		if _, err := exec.LookPath(p.program()); err != nil {
			out = append(out, leftOut{p.name, "not installed"})
			continue
		}
		argv := p.argv
		if p.says != nil {
			argv = p.says
		}
		c := exec.Command(argv[0], argv[1:]...)
		c.Dir = p.dir
		text, err := c.CombinedOutput()
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		if err != nil {
			out = append(out, leftOut{p.name, fmt.Sprintf("does not run here: %v: %s", err, lines[len(lines)-1])})
			continue
		}
		if p.says != nil && p.shows == nil && !slices.Contains(lines, "ran") {
			out = append(out, leftOut{p.name, "ends well and has run nothing"})
			continue
		}
		if p.shows != nil && !slices.Equal(lines, p.shows) {
			out = append(out, leftOut{p.name, fmt.Sprintf("shows %q, not %q", lines, p.shows)})
			continue
		}
		ready = append(ready, p)
	}
	return ready, out
}

// machine says what was measured where.
func machine(o options) []string {
	lines := []string{fmt.Sprintf("kernel %s, %s", firstLine("uname", "-r"), cpus())}
	for _, command := range [][]string{
		{o.urun, "version"}, {"bwrap", "--version"}, {"unshare", "--version"}, {"crun", "--version"}, {"runc", "--version"}, {"podman", "--version"},
	} {
		if line := firstLine(command[0], command[1:]...); line != "" {
			lines = append(lines, filepath.Base(command[0])+": "+line)
		}
	}
	return lines
}

func firstLine(name string, args ...string) string {
	b, err := exec.Command(name, args...).Output()
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return line
}

func cpus() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return err.Error()
	}
	model := "unknown model"
	for line := range strings.Lines(string(b)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
		}
	}
	return fmt.Sprintf("%d x %s", strings.Count(string(b), "processor\t:"), model)
}
