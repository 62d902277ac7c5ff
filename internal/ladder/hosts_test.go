package ladder

import (
	"errors"
	"os"
	"syscall"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/landlock"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/userns"
)

// laptop is a machine as distributions set one up, that has everything.
func laptop() Host {
	return Host{
		Kernel: "6.12.0-1-amd64",
		IDs: userns.Host{
			UID: 1000, GID: 1000, Name: "bob", SysAdminBound: true,
			SubUID:    userns.Subordinate{Ranges: []userns.Range{{Start: 100000, Count: 65536}}, Source: "/etc/subuid"},
			SubGID:    userns.Subordinate{Ranges: []userns.Range{{Start: 100000, Count: 65536}}, Source: "/etc/subgid"},
			NewUIDMap: userns.Helper{Name: "newuidmap", Path: "/usr/bin/newuidmap", Setuid: true},
			NewGIDMap: userns.Helper{Name: "newgidmap", Path: "/usr/bin/newgidmap", Setuid: true},
		},
		Network: network.HostFacts{
			IPv6: true, Slirp: "/usr/bin/slirp4netns", Pasta: "/usr/bin/pasta", PastaAge: "20250503", Stack: "/usr/bin/urun-netstack", Nsenter: true,
			Resolver: network.Resolver{Servers: []string{"192.0.2.53"}},
		},
		Cgroups:  Cgroups{Host: cgroup2.Host{Mount: "/sys/fs/cgroup", Booted: true}, Delegated: []string{"cpu", "memory", "pids"}, Lingers: Yes},
		Landlock: landlock.Kernel{ABI: 6},
	}
}

// runner is root in a container of Docker's, as continuous integration has it.
func runner() Host {
	h := laptop()
	h.Within = "docker"
	h.IDs = userns.Host{Name: "root", SysAdminBound: false, SetUID: true, SetGID: true, SetFCap: true,
		SubUID: userns.Subordinate{Source: "/etc/subuid"}, SubGID: userns.Subordinate{Source: "/etc/subgid"},
		NewUIDMap: missing("newuidmap"), NewGIDMap: missing("newgidmap")}
	h.Network.Tun = tun(syscall.ENOENT)
	h.Proc, h.Sys, h.Guarded, h.Opened = No, No, No, No
	h.Cgroups.Host.Booted = false
	h.Cgroups.Bus = errors.New("connect to the user bus: unix:path=/run/user/0/bus: no such file or directory")
	h.Cgroups.Direct = errors.New("make a cgroup: /sys/fs/cgroup: read-only file system")
	return h
}

func missing(helper string) userns.Helper {
	return userns.Helper{Name: helper, Why: helper + " is not installed", Fix: "install it (the package uidmap, shadow-utils or shadow)", Who: "an administrator"}
}

func tun(errno syscall.Errno) error {
	return &os.PathError{Op: "open", Path: "/dev/net/tun", Err: errno}
}

func refusing(errno syscall.Errno, g Guards) func(*Host) {
	return func(h *Host) {
		g.Errno = errno
		h.Guards = g
	}
}

// limits are what --memory asks for.
func limits() []cgroup2.Setting {
	return []cgroup2.Setting{{File: "memory.max", Value: "1048576"}, {File: "memory.swap.max", Value: "0", Implied: true}}
}

// hosts are machines that people have, and what is asked of them.
var hosts = []struct {
	name string
	from func() Host
	host func(*Host)
	wish func(*Wish)
	rung string
}{
	{"a laptop", laptop, nil, nil, "full range"},
	{"a laptop, in the background with limits", laptop, nil, func(w *Wish) { w.Detached, w.Limits = true, limits() }, "full range"},
	{"the host's root with Landlock", laptop, nil, func(w *Wish) { w.Landlock = true }, "full range"},
	{"no network wished, none there", laptop, func(h *Host) { h.Network.Tun = tun(syscall.ENOENT) }, func(w *Wish) { w.Network.Mode = network.None }, "full range"},
	{"one id wished, none there", laptop, func(h *Host) { h.IDs.NewUIDMap = missing("newuidmap") }, func(w *Wish) { w.IDs.Mode = userns.Single }, "one id"},

	{"no subordinate ids", laptop, func(h *Host) { h.IDs.SubUID.Ranges, h.IDs.SubGID.Ranges = nil, nil }, nil, "one id"},
	{"a user of LDAP's, of whom files know nothing", laptop, func(h *Host) {
		h.IDs.Name, h.IDs.UID, h.IDs.SubUID.Ranges, h.IDs.SubGID.Ranges = "", 1804400021, nil, nil
	}, nil, "one id"},
	{"no newuidmap", laptop, func(h *Host) { h.IDs.NewUIDMap, h.IDs.NewGIDMap = missing("newuidmap"), missing("newgidmap") }, nil, "one id"},
	{"newuidmap by the set-user-ID bit, without CAP_SYS_ADMIN", laptop, func(h *Host) {
		h.Within, h.IDs.SysAdminBound = "podman", false
		h.Helper = &userns.HelperError{Helper: h.IDs.NewUIDMap, ExitCode: 1, Stderr: "write to uid_map failed: Operation not permitted", Err: errors.New("exit status 1")}
	}, nil, "one id"},
	{"newuidmap by file capability, without CAP_SYS_ADMIN", laptop, func(h *Host) {
		h.Within, h.IDs.SysAdminBound, h.IDs.NewUIDMap.Setuid, h.IDs.NewGIDMap.Setuid = "podman", false, false, false
	}, nil, "full range"},
	{"newgrp", laptop, func(h *Host) {
		h.Helper = &userns.HelperError{Helper: h.IDs.NewUIDMap, ExitCode: 1, Stderr: "Target 4711 is owned by a different user: uid:1000 pw_gid:1000", Err: errors.New("exit status 1")}
	}, nil, "one id"},
	{"no_new_privs", laptop, func(h *Host) {
		h.IDs.NoNewPrivs = true
		for _, helper := range []*userns.Helper{&h.IDs.NewUIDMap, &h.IDs.NewGIDMap} {
			helper.Why, helper.Who = "no_new_privs is set, so "+helper.Name+" gets no privileges", "whoever started this session"
			helper.Fix = "start it without no_new_privs (docker: --security-opt no-new-privileges, systemd: NoNewPrivileges=)"
		}
	}, nil, "one id"},
	{"ids asked for one by one, and newuidmap fails", laptop, func(h *Host) {
		h.Helper = &userns.HelperError{Helper: h.IDs.NewUIDMap, ExitCode: 1, Err: errors.New("exit status 1")}
	}, func(w *Wish) {
		w.IDs = userns.Wish{Mode: userns.Custom, UIDMaps: []specs.LinuxIDMapping{{ContainerID: 0, HostID: 1000, Size: 1}, {ContainerID: 1, HostID: 100000, Size: 9}}}
	}, "nothing"},
	{"root without CAP_SETFCAP", runner, func(h *Host) { h.IDs.SetFCap = false }, nil, "nothing"},

	{"root in a container of Docker's, with CAP_SETUID", runner, nil, nil, "full range, direct, shared /proc, shared /sys, cgroup not guarded, loopback only, low ports root's"},
	{"a user in a container of Docker's", runner, func(h *Host) {
		h.IDs, h.Guarded = laptop().IDs, Yes // the cgroup is root's
		h.IDs.NewUIDMap, h.IDs.NewGIDMap = missing("newuidmap"), missing("newgidmap")
	}, nil, "one id, shared /proc, shared /sys, loopback only, low ports root's"},
	{"a pod, with limits", runner, func(h *Host) { h.Within = "kubernetes" }, func(w *Wish) { w.Limits = limits() }, "nothing"},
	{"within podman, whose processes are shared", runner, func(h *Host) { h.Within = "podman" }, func(w *Wish) { w.OwnPid = false }, "full range, direct, shared /sys, cgroup not guarded, loopback only, low ports root's"},
	{"within urun", runner, func(h *Host) { h.Within, h.CgroupNS = "urun", No }, nil, "full range, direct, shared /proc, shared /sys, no cgroup namespace, cgroup not guarded, loopback only, low ports root's"},
	{"within urun --nested", runner, func(h *Host) {
		h.Within, h.CgroupNS, h.Proc, h.Sys, h.Guarded, h.Opened, h.Network.Tun = "urun", No, Yes, Yes, Yes, Yes, nil
	}, nil, "full range, direct, no cgroup namespace"},

	{"no /dev/net/tun", laptop, func(h *Host) { h.Network.Tun = tun(syscall.ENOENT) }, nil, "full range, loopback only"},
	{"/dev/net/tun of mode 0600", laptop, func(h *Host) { h.Network.Tun = tun(syscall.EACCES) }, nil, "full range, loopback only"},
	{"something else at /dev/net/tun", laptop, func(h *Host) { h.Network.Tun = tun(syscall.ENOTTY) }, nil, "full range, loopback only"},
	{"no driver", laptop, noDrivers, nil, "full range, loopback only"},
	{"an old pasta alone", laptop, func(h *Host) { noDrivers(h); h.Network.Pasta, h.Network.PastaAge = "/usr/bin/pasta", "20230309" }, nil, "full range, loopback only"},
	{"an old pasta by name", laptop, func(h *Host) { h.Network.PastaAge = "20230309" }, byName(network.Pasta), "full range, lower driver"},
	{"a driver by name that is not there", laptop, noDrivers, byName(network.Slirp4netns), "nothing"},
	{"ports, and no driver", laptop, noDrivers, ports, "nothing"},
	{"a driver that fails", laptop, failing(network.Gvisor), nil, "full range, lower driver"},
	{"all drivers fail", laptop, failing(network.Gvisor, network.Slirp4netns, network.Pasta), nil, "full range, loopback only"},
	{"all drivers fail, and there are ports", laptop, failing(network.Gvisor, network.Slirp4netns, network.Pasta), ports, "nothing"},
	{"the host's processes, and slirp4netns alone", laptop, func(h *Host) { h.Network.Stack, h.Network.Pasta = "", "" }, func(w *Wish) { w.OwnPid = false }, "full range, loopback only"},
	{"no name server", laptop, func(h *Host) { h.Network.Resolver = network.Resolver{} }, byName(network.Gvisor), "full range, no names"},

	{"no bus, nothing asked of it", laptop, noBus, nil, "full range"},
	{"no bus, with limits", laptop, noBus, func(w *Wish) { w.Limits = limits() }, "nothing"},
	{"no bus, with limits, a cgroup of one's own", laptop, func(h *Host) { noBus(h); h.Cgroups.Direct = nil }, func(w *Wish) { w.Limits = limits() }, "full range"},
	{"no bus, in the background", laptop, noBus, func(w *Wish) { w.Detached = true }, "full range"},
	{"a controller that is not delegated", laptop, func(h *Host) { h.Cgroups.Delegated = []string{"memory", "pids"} }, func(w *Wish) { w.Limits = []cgroup2.Setting{{File: "io.weight", Value: "10"}} }, "nothing"},
	{"cgroup v1", laptop, func(h *Host) { h.Cgroups.V1 = []string{"memory"} }, func(w *Wish) { w.Limits = limits() }, "nothing"},
	{"a kernel that does not count swap", laptop, func(h *Host) { h.Cgroups.Lacks = []string{"memory.swap.max"} }, func(w *Wish) { w.Limits = limits() }, "full range, no limit on swap"},
	{"systemd makes no scope", laptop, func(h *Host) { h.Cgroups.Scope = errors.New("start urun-x.scope: no answer within 10s") }, func(w *Wish) { w.Detached = true }, "full range, no scope"},
	{"nobody lingers", laptop, func(h *Host) { h.Cgroups.Lingers = No }, func(w *Wish) { w.Detached = true }, "full range, ends at logout"},

	{"a rootfs of somebody else's", laptop, func(h *Host) { h.MountPoints = No }, nil, "full range, root read-only"},
	{"a home that cannot be below an overlay", laptop, func(h *Host) { h.ReadOnly = []string{"/boot/efi", "/home"} }, nil, "full range, partly read-only"},
	{"a kernel without overlay, and an image", laptop, func(h *Host) { h.NoOverlay = "the kernel has no overlay" }, func(w *Wish) { w.Image = 8_500_001 }, "full range, image copied"},
	{"a runtime directory that is gone", laptop, func(h *Host) { h.Runtime = `"/run/user/1" cannot be used: no such file or directory` }, nil, "full range, recorded elsewhere"},
	{"the host's network where sysctls are masked", laptop, func(h *Host) { h.Opened, h.Guarded = No, No }, func(w *Wish) { w.OwnNet, w.OwnCgroup = false, false }, "full range"},
	{"a thousand containers' keys", laptop, func(h *Host) { h.Keys = No }, nil, "full range, shared keyring"},
	{"within sixteen Landlock layers", laptop, func(h *Host) { h.Layers = No }, func(w *Wish) { w.Landlock = true }, "full range, no Landlock"},
	{"a kernel without Landlock", laptop, func(h *Host) { h.Landlock = landlock.Kernel{} }, func(w *Wish) { w.Landlock = true }, "full range, no Landlock"},

	{"Linux 5.10", laptop, func(h *Host) { h.Kernel = "5.10.0-32-amd64" }, nil, "nothing"},
	{"user.max_user_namespaces=0", laptop, refusing(syscall.ENOSPC, Guards{Sysctls: map[string]string{"user.max_user_namespaces": "0"}}), nil, "nothing"},
	{"user.max_net_namespaces=0", laptop, refusing(syscall.ENOSPC, Guards{Sysctls: map[string]string{"user.max_user_namespaces": "100", "user.max_net_namespaces": "0"}}), nil, "nothing"},
	{"too many namespaces", laptop, refusing(syscall.ENOSPC, Guards{Sysctls: map[string]string{"user.max_user_namespaces": "100"}}), nil, "nothing"},
	{"Docker's seccomp", runner, refusing(syscall.EPERM, Guards{Seccomp: true, Filter: Yes, Label: "docker-default (enforce)", Sysctls: map[string]string{}}), nil, "nothing"},
	{"urun's seccomp", runner, with(refusing(syscall.EPERM, Guards{Seccomp: true, Filter: Yes}), func(h *Host) { h.Within = "urun" }), nil, "nothing"},
	{"a filter that nobody could ask", laptop, refusing(syscall.EPERM, Guards{Seccomp: true}), nil, "nothing"},
	{"a filter that is innocent", laptop, refusing(syscall.EPERM, Guards{Seccomp: true, Filter: No, Chroot: Yes}), nil, "nothing"},
	{"kernel.unprivileged_userns_clone=0", laptop, refusing(syscall.EPERM, Guards{Filter: No, Sysctls: map[string]string{"kernel.unprivileged_userns_clone": "0"}}), nil, "nothing"},
	{"AppArmor at the clone", laptop, refusing(syscall.EACCES, Guards{Filter: No, Sysctls: map[string]string{"kernel.apparmor_restrict_unprivileged_userns": "1"}}), nil, "nothing"},
	{"AppArmor with urun's profile, and a filter", laptop, refusing(syscall.EPERM, Guards{Seccomp: true, Filter: Yes, Label: "urun (unconfined)", Sysctls: map[string]string{"kernel.apparmor_restrict_unprivileged_userns": "1"}}), nil, "nothing"},
	{"AppArmor afterwards", laptop, refusing(0, Guards{Powerless: Yes}), nil, "nothing"},
	{"SELinux", laptop, refusing(syscall.EACCES, Guards{Filter: No, Label: "user_u:user_r:user_t:s0"}), nil, "nothing"},
	{"nobody knows who", laptop, refusing(syscall.EPERM, Guards{Filter: No, Chroot: No}), nil, "nothing"},
	{"nested too deep", laptop, refusing(syscall.EUSERS, Guards{}), nil, "nothing"},
	{"a kernel without user namespaces", laptop, refusing(syscall.EINVAL, Guards{Filter: No}), nil, "nothing"},
	{"a filter that says ENOSYS", laptop, refusing(syscall.ENOSYS, Guards{Filter: Yes}), nil, "nothing"},
	{"no more processes", laptop, refusing(syscall.EAGAIN, Guards{}), nil, "nothing"},
	{"AppArmor at the map", laptop, func(h *Host) {
		h.IDs.NewUIDMap = missing("newuidmap")
		h.Mapped, h.Guards = errors.New("write uid_map of 4711: operation not permitted"), Guards{Sysctls: map[string]string{appArmorRestricts: "1"}}
	}, nil, "nothing"},
	{"no id at all", laptop, func(h *Host) {
		h.IDs.SubUID.Ranges, h.IDs.SubGID.Ranges = nil, nil
		h.Mapped = errors.New("write uid_map of 4711: operation not permitted")
	}, nil, "nothing"},
}

func with(list ...func(*Host)) func(*Host) {
	return func(h *Host) {
		for _, change := range list {
			change(h)
		}
	}
}

func noDrivers(h *Host) {
	h.Network.Slirp, h.Network.Pasta, h.Network.Stack, h.Network.PastaAge = "", "", "", ""
}

func noBus(h *Host) {
	h.Cgroups.Bus = errors.New("connect to the user bus: unix:path=/run/user/1000/bus: no such file or directory")
	h.Cgroups.Direct = errors.New("make a cgroup: /sys/fs/cgroup/user.slice: it is not delegated to you")
}

func byName(m network.Mode) func(*Wish) {
	return func(w *Wish) { w.Network.Mode, w.Network.Named = m, true }
}

func ports(w *Wish) {
	w.Network.Ports = []network.Port{{Proto: "tcp", HostPort: 8080, ContainerPort: 80}}
}

func failing(modes ...network.Mode) func(*Host) {
	return func(h *Host) {
		for _, m := range modes {
			h.Failed = append(h.Failed, Failure{m, errors.New("ended with\nstatus 1")})
		}
	}
}
