package doctor

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/ladder"
	"github.com/urun-project/urun/internal/landlock"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/userns"
)

// laptop is a machine where nothing is missing.
func laptop() *Findings {
	ids := userns.Subordinate{Ranges: []userns.Range{{Start: 100000, Count: 65536}}, Source: "/etc/subuid"}
	gids := userns.Subordinate{Ranges: ids.Ranges, Source: "/etc/subgid"}
	helper := func(name string) userns.Helper {
		return userns.Helper{Name: name, Path: "/usr/bin/" + name, Setuid: true}
	}
	var calls []Call
	for _, c := range needed() {
		calls = append(calls, Call{Name: c.name})
	}
	dir := func(path string) Dir {
		return Dir{Path: path, Exists: true, Owner: 1000, Mode: 0o700, Writable: true, Readable: true, Type: "ext4", Free: 50 << 30}
	}
	return &Findings{
		Self:   "/usr/bin/urun",
		Kernel: Kernel{Release: "6.12.1", Calls: calls, Landlock: landlock.Kernel{ABI: 6}},
		Guards: ladder.Guards{Filter: ladder.No, Chroot: ladder.No, Sysctls: map[string]string{"user.max_user_namespaces": "60000", memfdNoexec: "0"}},
		Users: Users{
			Host: userns.Host{UID: 1000, GID: 1000, Name: "alice", SubUID: ids, SubGID: gids,
				NewUIDMap: helper("newuidmap"), NewGIDMap: helper("newgidmap"), SysAdminBound: true},
			UIDs: Subordinates{Asked: true, Answer: ids}, GIDs: Subordinates{Asked: true, Answer: gids},
		},
		Cgroups: Cgroups{
			Host:    cgroup2.Host{Mount: "/sys/fs/cgroup", NSDelegate: true, Booted: true, Own: "/user.slice/user-1000.slice/session-2.scope"},
			Version: "257.8", Managed: []string{"cpuset", "cpu", "io", "memory", "pids"}, Lingers: true,
		},
		Network: Network{
			Facts:    network.HostFacts{Slirp: "/usr/bin/slirp4netns", Pasta: "/usr/bin/pasta", PastaAge: "20240624", Stack: "/usr/bin/urun-netstack", Nsenter: true, IPv6: true},
			Versions: map[string]string{"slirp4netns": "slirp4netns version 1.2.1", "pasta": "pasta 0.0~git20240624.1ee2eca-1", "urun-netstack": "urun-netstack 1.0.0 linux/amd64 go1.26"},
		},
		Dirs: Dirs{Runtime: dir("/run/user/1000"), Records: "/run/user/1000/urun", State: dir("/home/alice/.local/state/urun"), Data: dir("/home/alice/.local/share/urun"),
			Home: dir("/home/alice"), Name: "alice"},
		Upper:  Upper{Tried: true},
		Config: Config{Path: "/home/alice/.config/urun/config.toml"},
	}
}

// machines are made up from what people have: each changes what it is about.
var machines = []struct {
	name   string
	change func(f *Findings)
}{
	{"laptop", func(*Findings) {}},
	{"no-subuid", func(f *Findings) {
		f.Users.Host.SubUID.Ranges, f.Users.Host.SubGID.Ranges = nil, nil
		failed := userns.Subordinate{Source: "getsubids", Err: errors.New("exit status 1")}
		f.Users.UIDs.Answer, f.Users.GIDs.Answer = failed, failed
	}},
	{"no-newuidmap", func(f *Findings) {
		f.Users.Host.NewUIDMap = userns.Helper{Name: "newuidmap", Why: "newuidmap is not installed", Fix: "install it", Who: "an administrator"}
	}},
	{"file-capability", func(f *Findings) { f.Users.Host.NewUIDMap.Setuid = false }},
	{"newuidmap-in-a-container", func(f *Findings) {
		f.Within, f.Users.Host.SysAdminBound = "docker", false
		err := &userns.HelperError{Helper: f.Users.Host.NewUIDMap, ExitCode: 1, Stderr: "newuidmap: write to uid_map failed: Operation not permitted", Err: errors.New("exit status 1")}
		f.Users.Range = &Failure{Doing: "newuidmap", Says: err.Error(), Err: err}
	}},
	{"no-new-privs", func(f *Findings) {
		h := &f.Users.Host
		h.NoNewPrivs = true
		h.NewUIDMap.Why, h.NewUIDMap.Fix, h.NewUIDMap.Who = "no_new_privs is set, so newuidmap gets no privileges", "start it without no_new_privs", "whoever started this session"
	}},
	{"ubuntu-apparmor", func(f *Findings) {
		f.Guards.Label, f.Guards.Sysctls["kernel.apparmor_restrict_unprivileged_userns"] = "unconfined", "1"
		f.Users.Power = &Failure{Doing: "unshare", Errno: unix.EPERM}
		f.Files = FileSystems{Proc: f.Users.Power, Sys: f.Users.Power, Overlay: f.Users.Power}
		f.Network.Tap = f.Users.Power
	}},
	{"ubuntu-with-profile", func(f *Findings) {
		f.Guards.Label, f.Guards.Sysctls["kernel.apparmor_restrict_unprivileged_userns"] = "urun (unconfined)", "1"
	}},
	{"docker-seccomp", func(f *Findings) {
		f.Within, f.Guards.Seccomp, f.Guards.Filter = "docker", true, ladder.Yes
		f.Users.Clone = &Failure{Doing: "clone", Errno: unix.EPERM}
		f.Files = FileSystems{Proc: f.Users.Clone, Sys: f.Users.Clone, Overlay: f.Users.Clone}
		f.Network.Tap = f.Users.Clone
	}},
	{"debian-sysctl", func(f *Findings) {
		f.Guards.Sysctls["kernel.unprivileged_userns_clone"] = "0"
		f.Users.Clone = &Failure{Doing: "clone", Errno: unix.EPERM}
	}},
	{"chroot", func(f *Findings) {
		f.Guards.Chroot = ladder.Yes
		f.Users.Clone = &Failure{Doing: "clone", Errno: unix.EPERM}
	}},
	{"no-user-namespaces-left", func(f *Findings) {
		f.Guards.Sysctls["user.max_user_namespaces"] = "0"
		f.Users.Clone = &Failure{Doing: "clone", Errno: unix.ENOSPC}
	}},
	{"no-net-namespaces", func(f *Findings) {
		f.Guards.Sysctls["user.max_net_namespaces"] = "0"
		f.Users.Kinds = map[string]*Failure{"net": {Doing: "unshare", Errno: unix.ENOSPC}}
		f.Files.Sys = &Failure{Doing: "unshare", Errno: unix.ENOSPC}
	}},
	{"no-cgroup-namespaces", func(f *Findings) {
		f.Users.Kinds = map[string]*Failure{"cgroup": {Doing: "unshare", Errno: unix.ENOSPC}}
	}},
	{"masked-as-user", func(f *Findings) {
		f.Within = "docker"
		f.Files.Proc, f.Files.Sys = &Failure{Doing: "mount the proc", Errno: unix.EPERM}, &Failure{Doing: "mount the sysfs", Errno: unix.EPERM}
	}},
	{"root-in-a-runner", func(f *Findings) {
		h := &f.Users.Host
		*h = userns.Host{Name: "root", SetUID: true, SetGID: true, SetFCap: true, SubUID: userns.Subordinate{Source: "/etc/subuid"}, SubGID: userns.Subordinate{Source: "/etc/subgid"}}
		f.Within, f.Users.UIDs, f.Users.GIDs = "docker", Subordinates{}, Subordinates{}
		f.Files.Proc = &Failure{Doing: "mount the proc", Errno: unix.EPERM}
		f.Network.Facts.Root, f.Network.Facts.Tun = true, &os.PathError{Op: "open", Path: "/dev/net/tun", Err: unix.ENOENT}
		f.Cgroups = Cgroups{Host: cgroup2.Host{}, Bus: cgroup2.ErrNoBus, Direct: &Failure{Doing: "make a cgroup", Says: "no cgroup v2 hierarchy is mounted"}}
		f.Dirs.Runtime, f.Dirs.Records, f.Dirs.Name = Dir{}, "/run/urun", "root"
	}},
	{"no-mapping-of-root", func(f *Findings) {
		f.Users.Host = userns.Host{Name: "root", SetUID: true, SetGID: true}
		f.Users.UIDs, f.Users.GIDs, f.Dirs.Runtime.Owner = Subordinates{}, Subordinates{}, 0
		f.Users.Clone = &Failure{Doing: wishes, Says: "as the ladder finds"}
	}},
	{"hidepid", func(f *Findings) { f.Files.HidePID = "invisible" }},
	{"maps-refused", func(f *Findings) { f.Users.Clone = &Failure{Doing: "map ids", Errno: unix.ENOENT} }},
	{"no-tun", func(f *Findings) {
		f.Network.Facts.Tun = &os.PathError{Op: "open", Path: "/dev/net/tun", Err: unix.ENOENT}
	}},
	{"tun-0600", func(f *Findings) {
		f.Network.Facts.Tun = &os.PathError{Op: "open", Path: "/dev/net/tun", Err: unix.EACCES}
	}},
	{"tun-makes-nothing", func(f *Findings) {
		f.Network.Tap = &Failure{Doing: "in this network namespace: tap0", Errno: unix.EPERM}
	}},
	{"no-drivers", func(f *Findings) { f.Network = Network{} }},
	{"old-pasta-alone", func(f *Findings) {
		f.Network.Facts.Slirp, f.Network.Facts.Stack, f.Network.Facts.PastaAge = "", "", "20230309"
	}},
	{"not-delegated", func(f *Findings) { f.Cgroups.Managed = []string{"cpu", "memory", "pids"} }},
	{"no-linger", func(f *Findings) { f.Cgroups.Lingers = false }},
	{"su", func(f *Findings) {
		f.Cgroups = Cgroups{Host: f.Cgroups.Host, Bus: cgroup2.ErrNoBus, Direct: &Failure{Doing: "make a cgroup by hand", Says: "/sys/fs/cgroup/a.scope: it is not delegated to you"}}
		f.Dirs.Runtime, f.Dirs.Records = Dir{}, "/tmp/urun-1000"
	}},
	{"delegated-by-hand", func(f *Findings) {
		f.Cgroups = Cgroups{Host: f.Cgroups.Host, Bus: cgroup2.ErrNoBus, Dir: "/sys/fs/cgroup/build", Own: []string{"memory", "pids"}}
		f.Cgroups.Host.Booted = false
	}},
	{"cgroup-v1", func(f *Findings) {
		f.Cgroups.Host.V1 = []string{"cpu", "memory", "pids"}
		f.Cgroups.Bus, f.Cgroups.Direct, f.Cgroups.Host.Booted = cgroup2.ErrNoBus, &Failure{Doing: "make a cgroup", Says: "it is not delegated to you"}, false
	}},
	{"no-cgroups", func(f *Findings) { f.Cgroups = Cgroups{Err: errors.New("this kernel has no cgroup v2 hierarchy")} }},
	{"sudo", func(f *Findings) {
		f.Dirs.Runtime.Owner, f.Dirs.Runtime.Path, f.Dirs.Records = 0, "/run/user/0", "/run/user/1000/urun"
	}},
	{"runtime-dir-gone", func(f *Findings) {
		f.Dirs.Runtime.Exists, f.Dirs.Runtime.NoExec, f.Dirs.Records = false, true, "/tmp/urun-1000"
		f.Dirs.Unusable = `"/run/user/1000" cannot be used: no such file or directory`
	}},
	{"runtime-dir-noexec", func(f *Findings) { f.Dirs.Runtime.NoExec = true }},
	{"runtime-dir-for-all", func(f *Findings) { f.Dirs.Runtime.Mode = 0o777 }},
	{"no-place-for-records", func(f *Findings) { f.Dirs.Runtime.Writable, f.Dirs.Records = false, "" }},
	{"nobody-at-home", func(f *Findings) {
		f.Dirs.Home, f.Dirs.State, f.Dirs.Data, f.Dirs.Name, f.Users.Host.Name = Dir{}, Dir{}, Dir{}, "", ""
		f.Users.Host.SubUID.Ranges, f.Upper = nil, Upper{}
	}},
	{"home-on-nfs", func(f *Findings) {
		f.Dirs.Data.Type, f.Upper.Failed = "nfs", &Failure{Doing: "make the overlay", Errno: unix.EINVAL}
	}},
	{"no-overlay", func(f *Findings) { f.Files.Overlay = &Failure{Doing: "mount the overlay", Errno: unix.ENODEV} }},
	{"disk-full", func(f *Findings) {
		f.Dirs.State.Free, f.Dirs.Data.Writable, f.Dirs.Home.Exists, f.Upper = 5<<20, false, false, Upper{}
	}},
	{"linux-5.10", func(f *Findings) {
		f.Kernel.Release, f.Kernel.Landlock = "5.10.0-32-amd64", landlock.Kernel{}
		f.Files.Overlay = &Failure{Doing: "mount the overlay", Errno: unix.EPERM}
	}},
	{"hidden-calls", func(f *Findings) {
		f.Guards.Seccomp, f.Kernel.Calls[0].Missing, f.Kernel.Calls[7].Missing = true, true, true
	}},
	{"hidden-clone3", func(f *Findings) { f.Guards.Seccomp, f.Kernel.Calls[7].Missing = true, true }},
	{"killed-for-a-call", func(f *Findings) {
		f.Kernel.Calls, f.Kernel.Killed = nil, &Failure{Doing: "the child", Says: "was killed by signal SIGSYS"}
	}},
	{"no-memfd-exec", func(f *Findings) {
		f.Guards.Sysctls[memfdNoexec] = "2"
		no := &Failure{Doing: "create a memfd for the container's init", Errno: unix.EACCES}
		f.Kernel.Exec, f.Kernel.Filter, f.Kernel.Killed, f.Kernel.Calls = no, no, no, nil
		f.Users.Clone, f.Files, f.Network.Tap = no, FileSystems{Proc: no, Sys: no, Overlay: no}, no
	}},
	{"podman-seccomp", func(f *Findings) {
		f.Within, f.Guards.Seccomp, f.Start.Unnamed = "podman", true, true
	}},
	{"masked-sysctls", func(f *Findings) {
		f.Within, f.Cgroups.Owned = "docker", true
		f.Files.NetSysctls, f.Files.CgroupSysctl = &Failure{Doing: "open /proc/sys/net/ipv4/ping_group_range", Errno: unix.EROFS}, &Failure{Doing: "open /proc/sys/user/max_cgroup_namespaces", Errno: unix.EROFS}
	}},
	{"something-fails", func(f *Findings) { f.Start.Failed = &Failure{Doing: "mount the mqueue", Errno: unix.ENODEV} }},
	{"filter-refuses-something", func(f *Findings) {
		f.Within, f.Guards.Seccomp, f.Start.Failed = "docker", true, &Failure{Doing: "pivot_root", Errno: unix.EPERM}
	}},
	{"no-more-keys", func(f *Findings) { f.Start.NoKeys = true }},
	{"no-seccomp", func(f *Findings) { f.Kernel.Filter = &Failure{Doing: "seccomp", Errno: unix.EINVAL} }},
	{"small-range", func(f *Findings) {
		r := []userns.Range{{Start: 100000, Count: 1000}}
		f.Users.Host.SubUID.Ranges, f.Users.UIDs.Answer.Ranges = r, r
	}},
	{"shared-range", func(f *Findings) {
		f.Users.UIDs.Shared, f.Users.GIDs.Malformed = []string{`line 2 gives "bob" the ids 100000-165535`}, []string{"line 7: the count is missing"}
	}},
	{"getsubids-disagrees", func(f *Findings) {
		f.Users.UIDs.Answer.Ranges, f.Users.UIDs.Answer.Err = nil, errors.New("run /usr/bin/getsubids alice: exit status 1")
	}},
	{"rootfs", func(f *Findings) { f.Rootfs = someRootfs() }},
	{"rootfs-on-nfs", func(f *Findings) {
		f.Rootfs = someRootfs()
		f.Rootfs.Type, f.Rootfs.Overlay = "nfs", &Failure{Doing: "make the overlay", Errno: unix.EINVAL, Says: "overlay: upper fs does not support"}
	}},
	{"rootfs-of-another", func(f *Findings) {
		f.Rootfs = someRootfs()
		f.Rootfs.Owner, f.Rootfs.Writable, f.Rootfs.Missing, f.Rootfs.Shell = 0, false, []string{"/proc", "/sys"}, false
	}},
	{"rootfs-of-another-on-fuse", func(f *Findings) {
		f.Rootfs = someRootfs()
		f.Rootfs.Owner, f.Rootfs.Writable, f.Rootfs.Missing, f.Rootfs.Type = 0, false, []string{"/dev"}, "fuse"
		f.Rootfs.Overlay = &Failure{Doing: "make the overlay", Errno: unix.EINVAL}
	}},
	{"rootfs-unreadable", func(f *Findings) {
		f.Rootfs = someRootfs()
		f.Rootfs.Owner, f.Rootfs.Readable = 0, false
	}},
	{"rootfs-absent", func(f *Findings) { f.Rootfs = &Rootfs{Dir: Dir{Path: "./rootfs"}} }},
	{"rootfs-empty", func(f *Findings) { f.Rootfs = someRootfs(); f.Rootfs.Empty = true }},
	{"rootfs-file", func(f *Findings) { f.Rootfs = someRootfs(); f.Rootfs.NotDir = true }},
	{"rootfs-closed", func(f *Findings) {
		f.Rootfs = someRootfs()
		f.Rootfs.Err = &os.PathError{Op: "stat", Path: "/x", Err: unix.EACCES}
	}},
	{"rootfs-stale", func(f *Findings) { f.Rootfs = someRootfs(); f.Rootfs.Err = unix.ESTALE }},
	{"rootfs-unusable", func(f *Findings) {
		f.Rootfs = someRootfs()
		f.Rootfs.Attach = &Failure{Doing: "a copy", Errno: unix.EINVAL}
	}},
	{"config-in-force", func(f *Findings) { f.Config.Exists = true }},
	{"config-broken", func(f *Findings) { f.Config.Exists, f.Config.Err = true, errors.New("line 3: unknown key \x1b[31m") }},
}

func someRootfs() *Rootfs {
	return &Rootfs{Dir: Dir{Path: "./rootfs", Exists: true, Owner: 1000, Mode: 0o755, Writable: true, Readable: true, Type: "ext4", Free: 1 << 30}, Shell: true}
}
