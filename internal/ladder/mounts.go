package ladder

// mounts tells which file systems of the kernel's the container shares with what is around it.
func (s *Standing) mounts(h Host, w Wish) {
	if w.OwnPid && h.Proc == No {
		s.lose(SharedProc(h.Within))
	}
	if w.OwnNet && h.Sys == No {
		s.lose(sharedSys(h.Within))
	}
	if w.OwnCgroup && h.CgroupNS == No {
		s.lose(Loss{CgroupNS, "no cgroup namespace, so the path of your cgroup is shown inside", "the sysctl user.max_cgroup_namespaces allows no more", "raise it", Administrator, ""})
	}
	if w.OwnCgroup && h.Guarded == No {
		s.lose(Loss{CgroupGuard, "only the seccomp filter, where there is one, keeps the container from ending what else is in your cgroup", unwritable("user/max_cgroup_namespaces"), uncover(h.Within), outer(h.Within), ""})
	}
}

// unwritable is why a sysctl was not set.
func unwritable(sysctl string) string {
	return "the /proc/sys/" + sysctl + " outside cannot be written"
}

// SharedProc is the loss of a /proc of its own.
func SharedProc(within string) Loss {
	return Loss{Proc, "no /proc of its own: processes outside are shown in it", covered("/proc"), uncover(within), outer(within), ""}
}

func sharedSys(within string) Loss {
	return Loss{Sys, "no /sys of its own: the network devices outside are shown in it", covered("/sys"), uncover(within), outer(within), ""}
}

// outer is who can give more to what runs here.
func outer(within string) Who {
	if within == "" {
		return Starter
	}
	return Outer
}

// covered is mount_too_revealing() of fs/namespace.c.
func covered(path string) string {
	return "the " + path + " outside is partly covered, and the kernel then allows no new one"
}

// uncover is what takes the masks off.
func uncover(within string) string {
	switch within {
	case "urun":
		return "write --nested"
	case "podman":
		return "pass --security-opt unmask=ALL"
	case "docker":
		return "pass --security-opt systempaths=unconfined"
	case "kubernetes":
		return "set procMount: Unmasked in the securityContext"
	}
	return "leave it uncovered (docker: --security-opt systempaths=unconfined; podman: --security-opt unmask=ALL; urun: --nested)"
}
