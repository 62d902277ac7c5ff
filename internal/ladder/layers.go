package ladder

import (
	"strconv"
	"strings"

	"github.com/urun-project/urun/internal/landlock"
)

const megabyte = 1000 * 1000

// layers tells what lies above the root that cannot, and whether the kernel has Landlock for a
// container that gets a layer of it.
func (s *Standing) layers(h Host, w Wish) {
	if h.MountPoints == No {
		s.lose(Loss{MountPoints, "the root is read-only, and missing mount points come from a layer above it", "the rootfs cannot be written by this container and lacks mount points",
			"make them in the rootfs, or write --ephemeral for a root that can be written", You, ""})
	}
	if len(h.ReadOnly) > 0 {
		s.lose(Loss{Writing, "no writing below " + strings.Join(h.ReadOnly, ", "), "what is mounted there cannot be the lower layer of an overlay", "show it with -v for writing that stays", You, ""})
	}
	if h.Writes != "" {
		s.lose(Loss{Writes, "what the container writes to its root is kept in memory", "it cannot be kept in the store of images: " + h.Writes,
			"set XDG_DATA_HOME to a directory of yours on a disk of this machine, such as ext4, xfs or btrfs", You, "--overlay DIR keeps it in another directory"})
	}
	if h.NoOverlay != "" {
		size := strconv.FormatInt((w.Image+megabyte-1)/megabyte, 10) + " MB"
		s.lose(Loss{Shared, "each start copies the image (" + size + "), and the copy goes with the container", h.NoOverlay, "load the module overlay (modprobe overlay), or boot a kernel with CONFIG_OVERLAY_FS", Administrator, ""})
	}
	if h.Runtime != "" {
		s.lose(Loss{Records, "containers are recorded elsewhere (urun doctor says where)", "XDG_RUNTIME_DIR " + h.Runtime, "unset it, or name a directory of yours", You, ""})
	}
	if h.Named == No {
		s.lose(Loss{Hostname, "no host name of its own: it has the one outside", "a seccomp filter refuses to set one", filter(h).Fix, outer(h.Within), ""})
	}
	if h.Keys == No {
		s.lose(Loss{Keyring, "no session keyring of its own: one that your containers share", "you may have no more keys", "raise the sysctls kernel.keys.maxkeys and kernel.keys.maxbytes", Administrator, ""})
	}
	if !w.Landlock {
		return
	}
	why := landlock.Decide(landlock.Wish{}, h.Landlock).Without
	if why == "" && h.Layers == No {
		why = "sixteen such layers are around this already"
	}
	if why != "" {
		s.lose(Loss{Landlock, "no second layer (Landlock) beneath the mounts that hide and protect", why, "", "", "the mounts hold all the same"})
	}
}
