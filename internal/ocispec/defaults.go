package ocispec

import "github.com/opencontainers/runtime-spec/specs-go"

// SpecVersion is the version of the runtime specification that the specifications made here are written in.
const SpecVersion = "1.3.0"

// defaultPath is the PATH that podman, docker and buildah give.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

const defaultShmSize = 64 << 20

func defaultNamespaces() []specs.LinuxNamespace {
	return []specs.LinuxNamespace{
		{Type: specs.UserNamespace},
		{Type: specs.MountNamespace},
		{Type: specs.PIDNamespace},
		{Type: specs.UTSNamespace},
		{Type: specs.IPCNamespace},
		{Type: specs.NetworkNamespace},
		{Type: specs.CgroupNamespace},
	}
}

// defaultMounts are podman's. A file system that shows a namespace can be made only in a namespace of one's own (proc and
// mqueue give EPERM, and so does sysfs, which belongs to the network namespace): the outer one is bound instead.
func defaultMounts(spec *specs.Spec, shmSize int64) []specs.Mount {
	proc := specs.Mount{Destination: "/proc", Type: "proc", Source: "proc", Options: []string{"nosuid", "noexec", "nodev"}}
	if namespace(spec, specs.PIDNamespace) == nil {
		proc = outer("/proc", "nosuid", "noexec", "nodev")
	}
	sys := specs.Mount{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"nosuid", "noexec", "nodev", "ro"}}
	if namespace(spec, specs.NetworkNamespace) == nil {
		sys = outer("/sys", "nosuid", "noexec", "nodev", "rro")
	}
	mqueue := specs.Mount{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue", Options: []string{"nosuid", "noexec", "nodev"}}
	shm := specs.Mount{Destination: "/dev/shm", Type: "tmpfs", Source: "shm",
		Options: []string{"nosuid", "noexec", "nodev", "mode=1777", "size=" + formatSize(shmSize)}}
	if namespace(spec, specs.IPCNamespace) == nil {
		mqueue = outer("/dev/mqueue", "nosuid", "noexec", "nodev")
		shm = outer("/dev/shm", "nosuid", "noexec", "nodev")
	}
	return []specs.Mount{
		proc,
		// With the default mode 1777, fs.protected_regular makes "> /dev/null" EACCES for whoever does not own the node.
		{Destination: "/dev", Type: "tmpfs", Source: "tmpfs",
			Options: []string{"nosuid", "noexec", "strictatime", "mode=755", "size=65536k"}},
		sys,
		{Destination: "/dev/pts", Type: "devpts", Source: "devpts",
			Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
		shm,
		mqueue,
	}
}

// cgroupMount shows a container its own cgroup and what is below it.
func cgroupMount(writable bool) specs.Mount {
	m := specs.Mount{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: []string{"nosuid", "noexec", "nodev", "relatime"}}
	if !writable {
		m.Options = append(m.Options, "ro")
	}
	return m
}

// outer binds what the host has at the same place.
func outer(path string, options ...string) specs.Mount {
	return specs.Mount{Destination: path, Type: "bind", Source: path, Options: append([]string{"rbind"}, options...)}
}
