package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// ociPeer is a runtime with a bundle of its own, as much like urun's container as a bundle can say; nil resources: in the
// cgroup where it is started.
func ociPeer(o options, runtime, mapped string, resources *specs.LinuxResources) peer {
	p := peer{name: runtime + ", " + mapped, mapped: mapped}
	state := filepath.Join(o.work, runtime+strings.ReplaceAll(mapped, " ", "-"))
	if resources != nil {
		p.name, state = p.name+limited, state+"-limits"
		p.shows = limitLines()
	}
	commands := [][]string{{"/bin/true"}, {"/bin/sleep", "60"}}
	if resources != nil {
		commands[1] = []string{"/bin/sh", "-c", showLimits}
	}
	for _, command := range commands {
		id := filepath.Base(state) + "-" + filepath.Base(command[0])
		bundle := filepath.Join(state, filepath.Base(command[0]))
		spec, err := bundleSpec(o.rootfs, mapped, command)
		if err == nil {
			if resources != nil {
				limit(spec, resources, runtime, id)
			}
			err = writeBundle(bundle, spec)
		}
		if err != nil {
			p.dir = err.Error() // without an argv: why it is left out
			return p
		}
		argv := []string{runtime, "--root", state + "/state"}
		if resources != nil {
			argv = append(argv, "--systemd-cgroup")
		} else if runtime == "crun" {
			argv = append(argv, "--cgroup-manager", "disabled")
		}
		argv = append(argv, "run", "--bundle", bundle, id)
		switch command[0] {
		case "/bin/true":
			p.argv, p.dir = argv, bundle
		case "/bin/sleep":
			p.sleep = argv
		default:
			p.says = argv
		}
	}
	return p
}

// limit puts the container into a scope of systemd's with limits, and shows it that.
func limit(spec *specs.Spec, resources *specs.LinuxResources, runtime, id string) {
	spec.Linux.CgroupsPath, spec.Linux.Resources = "app.slice:"+runtime+":"+id, resources
	spec.Mounts = append(spec.Mounts, specs.Mount{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup",
		Options: []string{"nosuid", "noexec", "nodev", "relatime", "ro"}})
}

func writeBundle(dir string, spec *specs.Spec) error {
	b, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "config.json"), b, 0o644)
}

func bundleSpec(rootfs, mapped string, command []string) (*specs.Spec, error) {
	uids, err := mapping(mapped, os.Getuid(), "/etc/subuid")
	if err != nil {
		return nil, err
	}
	gids, err := mapping(mapped, os.Getgid(), "/etc/subgid")
	if err != nil {
		return nil, err
	}
	caps := []string{"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_SETFCAP",
		"CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT"}
	mounts := []specs.Mount{
		{Destination: "/proc", Type: "proc", Source: "proc"},
		{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
		{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"nosuid", "noexec", "nodev", "ro"}},
		{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}},
		{Destination: "/dev/shm", Type: "tmpfs", Source: "shm", Options: []string{"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}},
		{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue", Options: []string{"nosuid", "noexec", "nodev"}},
	}
	return &specs.Spec{
		Version:  "1.0.2",
		Root:     &specs.Root{Path: rootfs},
		Hostname: "bench",
		Mounts:   mounts,
		Process: &specs.Process{
			Args: command, Cwd: "/", Env: []string{"PATH=/bin"}, NoNewPrivileges: true,
			Capabilities: &specs.LinuxCapabilities{Bounding: caps, Effective: caps, Permitted: caps},
		},
		Linux: &specs.Linux{
			UIDMappings: uids, GIDMappings: gids,
			Namespaces: []specs.LinuxNamespace{{Type: "user"}, {Type: "mount"}, {Type: "pid"}, {Type: "uts"}, {Type: "ipc"}, {Type: "network"}, {Type: "cgroup"}},
		},
	}, nil
}

// mapping is the caller as 0 and, for the full range, the first of their ranges after it.
func mapping(mapped string, id int, file string) ([]specs.LinuxIDMapping, error) {
	list := []specs.LinuxIDMapping{{ContainerID: 0, HostID: uint32(id), Size: 1}}
	if mapped == "one id" {
		return list, nil
	}
	u, err := user.Current()
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) != 3 || f[0] != u.Username && f[0] != u.Uid {
			continue
		}
		first, err := strconv.ParseUint(f[1], 10, 32)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		count, err := strconv.ParseUint(f[2], 10, 32)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		return append(list, specs.LinuxIDMapping{ContainerID: 1, HostID: uint32(first), Size: uint32(count)}), nil
	}
	return nil, fmt.Errorf("%s has no line for %s", file, u.Username)
}
