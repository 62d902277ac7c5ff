package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// request is what a tool is to start.
type request struct {
	rootfs  string
	workdir string
	volume  [2]string // a source and a place inside; none when empty
	command []string
}

// tool is a column. argv makes the command line; a bundle is written where one is needed.
type tool struct {
	name    string
	program string // what is installed of it
	binary  string // the copy whose program it is that enters the container; "" for none
	argv    func(o options, r request) ([]string, error)
}

const control = "none"

// tools are all columns, each with one id but podman, which has the full range.
func tools() []tool {
	return []tool{
		{name: control, program: "true", argv: func(o options, r request) ([]string, error) {
			return append([]string{r.rootfs + "/bin/" + r.command[0]}, r.command[1:]...), nil
		}},
		{name: "urun", program: "true", binary: "urun", argv: urun},
		{name: "bwrap", program: "bwrap", binary: "bwrap", argv: func(o options, r request) ([]string, error) { return bwrap(o, r, "--new-session"), nil }},
		{name: "bwrap without --new-session", program: "bwrap", binary: "bwrap", argv: func(o options, r request) ([]string, error) { return bwrap(o, r), nil }},
		{name: "crun", program: "crun", binary: "crun", argv: crun},
		{name: "podman", program: "podman", binary: "crun", argv: podman},
	}
}

func urun(o options, r request) ([]string, error) {
	argv := []string{o.work + "/bin/urun", "run", "--userns=single", "--net=none", "--no-tty"}
	if r.workdir != "" {
		argv = append(argv, "-w", r.workdir)
	}
	if r.volume[0] != "" {
		argv = append(argv, "-v", r.volume[0]+":"+r.volume[1])
	}
	return slices.Concat(argv, []string{r.rootfs}, r.command), nil
}

func bwrap(o options, r request, flags ...string) []string {
	argv := slices.Concat([]string{o.work + "/bin/bwrap", "--unshare-all"}, flags, []string{"--die-with-parent", "--clearenv", "--setenv", "PATH", "/bin",
		"--bind", r.rootfs, "/", "--proc", "/proc", "--dev", "/dev"})
	if r.workdir != "" {
		argv = append(argv, "--chdir", r.workdir)
	}
	if r.volume[0] != "" {
		argv = append(argv, "--bind", r.volume[0], r.volume[1])
	}
	return append(argv, r.command...)
}

// crun takes the specification that it writes itself, with no more changed than has to be: what is started where, no
// terminal, one id, and no cgroup, which a user has only where systemd is.
func crun(o options, r request) ([]string, error) {
	program := o.work + "/bin/crun"
	bundle, err := os.MkdirTemp(o.work, "bundle")
	if err != nil {
		return nil, err
	}
	c := exec.Command(program, "spec", "--rootless")
	c.Dir = bundle
	if out, err := c.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("crun spec: %w: %s", err, out)
	}
	file := filepath.Join(bundle, "config.json")
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var spec map[string]any
	if err := json.Unmarshal(b, &spec); err != nil {
		return nil, fmt.Errorf("read crun's config.json: %w", err)
	}
	process, linux := spec["process"].(map[string]any), spec["linux"].(map[string]any)
	process["terminal"], process["args"] = false, r.command
	if r.workdir != "" {
		process["cwd"] = r.workdir
	}
	spec["root"] = map[string]any{"path": r.rootfs, "readonly": false}
	mounts := slices.DeleteFunc(spec["mounts"].([]any), func(m any) bool { return m.(map[string]any)["destination"] == "/sys/fs/cgroup" })
	if r.volume[0] != "" {
		mounts = append(mounts, map[string]any{"destination": r.volume[1], "type": "bind", "source": r.volume[0], "options": []string{"rbind"}})
	}
	spec["mounts"] = mounts
	delete(linux, "resources")
	for name, id := range map[string]int{"uidMappings": os.Getuid(), "gidMappings": os.Getgid()} {
		linux[name] = []any{map[string]any{"containerID": 0, "hostID": id, "size": 1}}
	}
	if b, err = json.Marshal(spec); err == nil {
		err = os.WriteFile(file, b, 0o644)
	}
	return []string{program, "--root", o.work + "/crun", "--cgroup-manager", "disabled", "run", "--bundle", bundle, filepath.Base(bundle)}, err
}

func podman(o options, r request) ([]string, error) {
	argv := []string{"podman", "--root", o.work + "/podman", "--runroot", o.work + "/podman-run", "--runtime", o.work + "/bin/crun", "--cgroup-manager", "cgroupfs",
		"run", "--rm", "--network", "none"}
	if r.workdir != "" {
		argv = append(argv, "-w", r.workdir)
	}
	if r.volume[0] != "" {
		argv = append(argv, "-v", r.volume[0]+":"+r.volume[1])
	}
	return slices.Concat(argv, []string{"--rootfs", r.rootfs}, r.command), nil
}
