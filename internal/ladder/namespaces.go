package ladder

import (
	"strconv"
	"strings"
	"syscall"
)

const refused = "new namespaces are refused"

// namespaces tells who refuses them.
func (s *Standing) namespaces(h Host, w Wish) {
	if old := OldKernel(h.Kernel); old != "" {
		s.Attempts = append(s.Attempts, Loss{Namespaces, "urun cannot start anything", old, "install a newer one", Administrator, ""})
	}
	s.Attempts = append(s.Attempts, Refused(h)...)
	if h.Init != nil {
		s.Attempts = append(s.Attempts, Loss{Init, "urun's init, a file in memory, cannot be executed", oneLine(h.Init), "set the sysctl vm.memfd_noexec to 0 or 1", Administrator, ""})
	}
}

// Refused is who refuses new namespaces, each with the remedy; nothing where nobody does.
// Where the kernel's answer fits several, each is there, the certain one first.
func Refused(h Host) []Loss {
	g := h.Guards
	one := func(cause, fix string, who Who) []Loss { return []Loss{{Namespaces, refused, cause, fix, who, ""}} }
	switch g.Errno {
	case 0:
		if g.Powerless == Yes {
			return []Loss{powerless()}
		}
		return nil
	case syscall.ENOSPC:
		for _, kind := range kinds {
			if name := "user.max_" + kind + "_namespaces"; g.Sysctls[name] == "0" {
				l := Loss{Namespaces, refused, "the sysctl " + name + " is 0", "raise it: sysctl -w " + name + "=15000", Administrator, ""}
				if kind == "net" {
					l.Meanwhile = "--net host takes no network namespace"
				}
				return []Loss{l}
			}
		}
		return one("too many namespaces exist, or they are nested too deep", "raise the sysctls user.max_*_namespaces", Administrator)
	case syscall.EUSERS:
		return one("user namespaces are nested too deep (32 at most)", "start it further out", outer(h.Within))
	case syscall.EPERM, syscall.EACCES:
		return h.forbidden()
	case syscall.ENOSYS, syscall.EINVAL:
		if g.Filter == Yes {
			return []Loss{filter(h)}
		}
		return one("this kernel was built without one of the namespaces (CONFIG_USER_NS and the others)", "install one that has them", Administrator)
	case syscall.EAGAIN, syscall.ENOMEM:
		return one("there can be no more processes: "+g.Errno.Error(), "raise the limit (ulimit -u), or end some", You)
	}
	return one(g.Errno.Error(), "", "")
}

// forbidden is who may have said EPERM or EACCES.
func (h Host) forbidden() (list []Loss) {
	g := h.Guards
	add := func(cause, fix string, who Who) {
		list = append(list, Loss{Namespaces, refused, cause, fix, who, ""})
	}
	if g.Filter == Yes || g.Filter == Unknown && g.Seccomp {
		list = append(list, filter(h))
	}
	if g.Sysctls[unprivilegedClone] == "0" {
		add("the sysctl "+unprivilegedClone+" is 0", "set it to 1: sysctl -w "+unprivilegedClone+"=1", Administrator)
	}
	if g.Restricted() {
		l := powerless()
		l.Lost = refused
		list = append(list, l)
	} else if profile, mode, ok := strings.Cut(g.Label, " ("); ok && mode != "unconfined)" { // AppArmor's: "docker-default (enforce)"
		add("AppArmor confines this with the profile "+profile, "add the rule userns to that, or start it without (docker: --security-opt apparmor=unconfined)", outer(h.Within))
	} else if strings.Count(g.Label, ":") >= 3 && g.Errno == syscall.EACCES { // SELinux's: user:role:type:level
		add("SELinux confines this as "+g.Label, "allow that domain user_namespace create, or start it in another (docker: --security-opt label=disable)", Administrator)
	}
	if g.Chroot == Yes {
		add("this runs in a chroot(2), where the kernel makes no user namespaces", "enter the directory with pivot_root(2) instead", Starter)
	}
	if len(list) == 0 {
		add(g.Errno.Error()+": a security module refuses them, or this runs in a chroot(2)", "", "")
	}
	return list
}

// filter is the loss where a seccomp filter refuses.
func filter(h Host) Loss {
	cause, fix := "a seccomp filter refuses them", "take the filter off (docker: --security-opt seccomp=unconfined; systemd: RestrictNamespaces= and SystemCallFilter=)"
	switch h.Within {
	case "urun":
		cause, fix = "the seccomp filter of the urun container around this refuses them", "write --nested"
	case "docker", "podman":
		cause, fix = "the seccomp filter of the "+h.Within+" container around this refuses them", "pass --security-opt seccomp=unconfined"
	case "kubernetes":
		cause, fix = "the seccomp filter of the pod refuses them", "set seccompProfile: {type: Unconfined} in the securityContext"
	}
	return Loss{Namespaces, refused, cause, fix, outer(h.Within), ""}
}

// What AppArmor does, and what an administrator can do about it.
const (
	AppArmorTakes = "AppArmor takes every capability from user namespaces on this system (" + appArmorRestricts + "=1)"
	AppArmorGives = "load a profile for urun (urun doctor prints it)"
)

// powerless is the loss where AppArmor lets a user namespace be made and takes all
// capabilities in it, as Ubuntu does since 23.10.
func powerless() Loss {
	return Loss{Namespaces, "new namespaces give no power", AppArmorTakes, AppArmorGives, Administrator, ""}
}

// OldestKernel has mount_setattr(2), the newest system call that urun cannot do without.
const OldestKernel = "5.12"

// OldKernel says that a kernel is too old; "" of one that is not, or that has no number.
func OldKernel(release string) string {
	major, rest, _ := strings.Cut(release, ".")
	minor, _, _ := strings.Cut(rest, ".")
	m, err1 := strconv.Atoi(major)
	n, err2 := strconv.Atoi(minor)
	if err1 == nil && err2 == nil && (m < 5 || m == 5 && n < 12) {
		return "this kernel is Linux " + release + ", and urun needs " + OldestKernel + " or newer"
	}
	return ""
}
