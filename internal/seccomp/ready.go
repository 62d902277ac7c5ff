package seccomp

import "slices"

// defaultCaps are the capabilities that the filters of this program are ready for: those of a container for which no others are
// asked.
var defaultCaps = []string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP",
	"CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_SETFCAP",
}

// Ready is the default filter as it was compiled when urun was built; nil: for these capabilities it was not.
func Ready(capabilities []string, nested bool) Filter {
	if nested || !slices.Equal(capabilities, defaultCaps) {
		return nil
	}
	return defaultFilter[:]
}
