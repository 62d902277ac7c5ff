package doctor

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/mount"
	"github.com/urun-project/urun/userns"
)

func tryFileSystems(f *FileSystems, h userns.Host) {
	f.Proc = inUserNS(h, unix.CLONE_NEWPID, func(p *forkexec.Program) {
		unshare(p, unix.CLONE_NEWNS)
		fresh(p, "proc", quiet)
	})
	f.Sys = inUserNS(h, 0, func(p *forkexec.Program) {
		unshare(p, unix.CLONE_NEWNS|unix.CLONE_NEWNET)
		fresh(p, "sysfs", quiet|unix.MOUNT_ATTR_RDONLY)
	})
	f.Overlay = inUserNS(h, 0, overlay)
	f.NetSysctls = inUserNS(h, 0, func(p *forkexec.Program) {
		unshare(p, unix.CLONE_NEWNET)
		setting(p, "net/ipv4/ip_unprivileged_port_start")
		setting(p, "net/ipv4/ping_group_range")
	})
	if f.Proc != nil {
		f.CgroupSysctl = inUserNS(h, 0, func(p *forkexec.Program) { setting(p, "user/max_cgroup_namespaces") })
	}
	f.HidePID = hidePID(read("/proc/self/mountinfo"))
}

// setting opens a sysctl for writing, as a start does.
func setting(p *forkexec.Program, name string) {
	p.Call("open /proc/sys/"+name, unix.SYS_OPENAT, unix.AT_FDCWD, "/proc/sys/"+name, unix.O_WRONLY|unix.O_CLOEXEC)
}

// quiet is how a container has /proc and /sys.
const quiet = unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC

// fresh makes a file system and a mount of it, which is where the kernel looks whether the one outside is covered, and
// whether the new one gives more than that: one outside that is read-only allows a read-only one.
func fresh(p *forkexec.Program, fstype string, attr uint64, options ...string) (tree any) {
	fs := p.Call("fsopen "+fstype, unix.SYS_FSOPEN, fstype, unix.FSOPEN_CLOEXEC)
	for _, o := range options {
		key, value, _ := strings.Cut(o, "=")
		if value == "" {
			p.Call("option "+o+" of "+fstype, unix.SYS_FSCONFIG, fs, unix.FSCONFIG_SET_FLAG, key, 0, 0)
		} else {
			p.Call("option "+o+" of "+fstype, unix.SYS_FSCONFIG, fs, unix.FSCONFIG_SET_STRING, key, value, 0)
		}
	}
	p.Call("make the "+fstype, unix.SYS_FSCONFIG, fs, unix.FSCONFIG_CMD_CREATE, 0, 0, 0)
	return p.Call("mount the "+fstype, unix.SYS_FSMOUNT, fs, unix.FSMOUNT_CLOEXEC, attr)
}

// overlay stacks two directories in memory.
func overlay(p *forkexec.Program) {
	unshare(p, unix.CLONE_NEWNS)
	room := fresh(p, "tmpfs", 0, "mode=755")
	p.Call("attach the tmpfs", unix.SYS_MOVE_MOUNT, room, "", unix.AT_FDCWD, "/", unix.MOVE_MOUNT_F_EMPTY_PATH)
	p.Call("enter the tmpfs", unix.SYS_FCHDIR, room)
	for _, dir := range []string{"lower", "upper", "work"} {
		p.Call("mkdir in a tmpfs", unix.SYS_MKDIRAT, unix.AT_FDCWD, dir, 0o755)
	}
	fresh(p, "overlay", 0, "lowerdir=lower", "userxattr", "upperdir=upper", "workdir=work")
}

// hidePID is /proc's option of that name, in mountinfo(5); "" for none.
func hidePID(mountinfo string) (value string) {
	for line := range strings.Lines(mountinfo) {
		fields := strings.Fields(line)
		if len(fields) < 10 || fields[4] != "/proc" || !strings.Contains(line, " - proc ") {
			continue
		}
		value = ""
		for option := range strings.SplitSeq(fields[len(fields)-1], ",") {
			if v, ok := strings.CutPrefix(option, "hidepid="); ok && v != "0" && v != "off" {
				value = v
			}
		}
	}
	return value
}

// points are where urun mounts something in every rootfs.
var points = []string{"proc", "sys", "dev"}

// lookAtRootfs looks at a directory and tries to use it.
func lookAtRootfs(path string, h userns.Host) *Rootfs {
	if path == "" {
		return nil
	}
	r := &Rootfs{Dir: lookAt(path), HostRoot: filepath.Clean(path) == "/"}
	if !r.Exists || r.Err != nil {
		return r
	}
	src, err := mount.Find(path)
	if err != nil {
		r.Err = err
		return r
	}
	if r.NotDir = !src.Dir; r.NotDir {
		return r
	}
	entries, err := os.ReadDir(path)
	r.Empty = err == nil && len(entries) == 0
	for _, p := range points {
		if _, err := os.Lstat(path + "/" + p); err != nil {
			r.Missing = append(r.Missing, "/"+p)
		}
	}
	r.Shell = hasShell(path)
	use := func(root mount.Root) *Failure {
		return inUserNS(h, 0, func(p *forkexec.Program) {
			unshare(p, unix.CLONE_NEWNS)
			t := mount.NewTree(p)
			t.OpenRoot(&root)
			t.AttachRoot(&root)
		})
	}
	r.Attach = use(mount.Root{Source: src, Host: r.HostRoot})
	if !r.HostRoot { // layers over / are put together by directory
		r.Overlay = use(mount.Root{Source: src, Ephemeral: true})
	}
	return r
}

// hasShell looks for sh as the init will: in the directories of the default PATH, with links that stay in the rootfs.
func hasShell(rootfs string) bool {
	dir, err := unix.Open(rootfs, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(dir)
	for _, at := range []string{"usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin"} {
		fd, err := unix.Openat2(dir, at+"/sh", &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT})
		if err == nil {
			unix.Close(fd)
			return true
		}
	}
	return false
}
