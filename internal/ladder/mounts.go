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
	if h.MountPoints == No {
		s.lose(Loss{MountPoints, "the root is read-only, and missing mount points come from a layer above it", "the rootfs cannot be written by this container and lacks mount points",
			"make them in the rootfs, or write --ephemeral for a root that can be written", You, ""})
	}
}

// SharedProc is the loss of a /proc of its own.
func SharedProc(within string) Loss {
	return Loss{Proc, "no /proc of its own: processes outside are shown in it", covered("/proc"), uncover(within), Starter, ""}
}

func sharedSys(within string) Loss {
	return Loss{Sys, "no /sys of its own: the network devices outside are shown in it", covered("/sys"), uncover(within), Starter, ""}
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
