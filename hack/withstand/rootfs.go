package main

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// rootfsAttacks are those by what lies in the root file system.
func rootfsAttacks() []attack {
	return []attack{
		{"/dev/null of the rootfs is a link out of it", planted("dev/null", "../../canary/dev/null", [2]string{}, "echo x >/dev/null")},
		{"/dev of the rootfs is a link out of it", planted("dev", "../canary/dev", [2]string{}, "true")},
		{"/proc of the rootfs is a link out of it", planted("proc", "../canary/proc", [2]string{}, "true")},
		{"/etc/resolv.conf, over which a file is mounted, is a link out", planted("etc/resolv.conf", "../../canary/made", [2]string{"/etc/os-release", "/etc/resolv.conf"}, "true")},
		{"a volume's target lies behind a relative link out", planted("out", "../canary", [2]string{"/etc", "/out/new/dir"}, "true")},
		{"a volume's target lies behind an absolute link out", planted("out", "CANARY", [2]string{"/etc", "/out/new/dir"}, "true")},
		{"/etc/passwd is a FIFO: the start hangs", fifo},
	}
}

// planted puts a link into the rootfs, for which the canary tells whether it was followed. A tool that does not take the
// same without the link is not tried.
func planted(place, target string, volume [2]string, command string) func(r *trial) cell {
	return func(r *trial) cell {
		if r.name == control {
			return cell{untested, "there is no root file system"}
		}
		if volume[0] != "" {
			r.volume = [2]string{r.rootfs + ".source", volume[1]}
			if err := copyAll(r.rootfs+volume[0], r.volume[0]); err != nil {
				return cell{untested, err.Error()}
			}
		}
		at := filepath.Join(r.rootfs, place)
		harmless := says("never", "ran", "sh", "-c", "echo ran")
		if c := harmless(r); c.verdict != holds {
			return cell{untested, "without the link: " + c.seen}
		}
		_ = os.RemoveAll(filepath.Join(r.rootfs, "out"))
		_ = os.RemoveAll(at)
		if err := os.Symlink(strings.ReplaceAll(target, "CANARY", r.canary), at); err != nil {
			return cell{untested, err.Error()}
		}
		res, err := r.start("sh", "-c", command+"; echo ran")
		if err != nil {
			return cell{untested, err.Error()}
		}
		if res.hung {
			return cell{open, "it hangs"}
		}
		return cell{holds, oneLine(res.out)} // or open: the canary tells
	}
}

// copyAll copies a file, or makes a directory for one.
func copyAll(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return os.Mkdir(to, 0o755)
	}
	return os.WriteFile(to, b, 0o644)
}

func fifo(r *trial) cell {
	at := r.rootfs + "/etc/passwd"
	if r.name == control {
		return cell{untested, "there is no root file system"}
	}
	if err := os.Remove(at); err != nil {
		return cell{untested, err.Error()}
	}
	if err := unix.Mkfifo(at, 0o644); err != nil {
		return cell{untested, err.Error()}
	}
	res, err := r.start("sh", "-c", "echo ran")
	if err != nil {
		return cell{untested, err.Error()}
	}
	if res.hung {
		return cell{open, "it hangs"}
	}
	return cell{holds, oneLine(res.out)}
}
