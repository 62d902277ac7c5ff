package userns

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// helperDirs are the places of newuidmap. PATH takes no part: a program that is
// given privileges is not looked for where the caller's environment says.
// NixOS keeps programs with privileges in a directory of their own.
var helperDirs = []string{"/run/wrappers/bin", "/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin"}

const (
	admin   = "an administrator"
	starter = "whoever started this session"
)

// findHelper finds a helper and says what would keep it from having capability.
func findHelper(dirs []string, name string, capability uintptr, noNewPrivs bool) Helper {
	h := Helper{Name: name}
	var st unix.Stat_t
	for _, dir := range dirs {
		path := dir + "/" + name
		if unix.Stat(path, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG {
			h.Path = path
			break
		}
	}
	if h.Path == "" {
		h.Why, h.Who = name+" is not installed", admin
		h.Fix = "install it (the package uidmap, shadow-utils or shadow)"
		return h
	}
	h.Setuid = st.Mode&unix.S_ISUID != 0
	h.Why, h.Fix, h.Who = obstacle(h, st, capability, noNewPrivs)
	return h
}

// obstacle says what execve(2) would do to the privileges of a helper.
func obstacle(h Helper, st unix.Stat_t, capability uintptr, noNewPrivs bool) (why, fix, who string) {
	capName, setcap := "CAP_SETUID", "run: setcap cap_setuid+ep "+h.Path
	if capability == unix.CAP_SETGID {
		capName, setcap = "CAP_SETGID", "run: setcap cap_setgid+ep "+h.Path
	}
	var fs unix.Statfs_t
	switch {
	case noNewPrivs:
		return "no_new_privs is set, so " + h.Name + " gets no privileges",
			"start it without no_new_privs (docker: --security-opt no-new-privileges, systemd: NoNewPrivileges=)", starter
	case unix.Access(h.Path, unix.X_OK) != nil:
		return h.Path + " may not be executed", "make it executable", admin
	case unix.Statfs(h.Path, &fs) == nil && fs.Flags&unix.ST_NOSUID != 0:
		return h.Path + " is on a file system that is mounted nosuid", "mount it without nosuid", admin
	case h.Setuid && st.Uid != 0:
		// An owner without a mapping here shows as the overflow uid, and the bit counts
		// for nothing then.
		return fmt.Sprintf("%s is set-user-ID but belongs to uid %d", h.Path, st.Uid), setcap, admin
	case !h.Setuid && !fileCapability(h.Path, capability):
		return h.Path + " is neither set-user-ID root nor has it " + capName, setcap, admin
	case !bounding(capability):
		return capName + " is not in the bounding set, so " + h.Name + " cannot have it",
			"leave " + capName + " in the bounding set", starter
	}
	return "", "", ""
}

// fileCapability says whether the security.capability attribute permits capability
// and makes it effective. Its layout is struct vfs_ns_cap_data of
// linux/capability.h; revision 3 names a root user that is not this namespace's,
// or the kernel would have shown revision 2.
func fileCapability(path string, capability uintptr) bool {
	var attr [24]byte
	n, err := unix.Getxattr(path, "security.capability", attr[:])
	if err != nil || n < 12 {
		return false
	}
	const revision2, effectiveBit = 0x02000000, 1
	magic := binary.LittleEndian.Uint32(attr[:])
	permitted := binary.LittleEndian.Uint32(attr[4:])
	return magic&0xff000000 == revision2 && magic&effectiveBit != 0 && permitted&(1<<capability) != 0
}
