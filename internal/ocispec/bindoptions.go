package ocispec

import (
	"slices"
	"strconv"
	"strings"
)

// bindOptions are the options of a bind mount as a user gives them.
type bindOptions struct {
	readonly, single      bool // single: without the mounts below
	deep                  bool // it was said that those are read-only, too
	nosuid, nodev, noexec bool
	atime                 string
	given                 []string
}

// newBindOptions has podman's defaults: setuid programs and devices of the host lose their power on the way in.
func newBindOptions() *bindOptions { return &bindOptions{nosuid: true, nodev: true} }

// set applies one option and says what is wrong with it, or "" when nothing is.
func (o *bindOptions) set(opt string) (why string) {
	if opt == "readonly" {
		opt = "ro"
	}
	if other := contradicted(o.given, opt); other != "" {
		return other + " and " + opt + " contradict each other; give one of them"
	}
	o.given = append(o.given, opt)
	switch opt {
	case "ro":
		o.readonly = true
	case "rw":
		o.readonly = false
	case "rbind":
		o.single = false
	case "bind":
		o.single = true
	case "suid":
		o.nosuid = false
	case "nosuid":
		o.nosuid = true
	case "dev":
		o.nodev = false
	case "nodev":
		o.nodev = true
	case "exec":
		o.noexec = false
	case "noexec":
		o.noexec = true
	case "noatime", "relatime", "strictatime", "nodiratime":
		o.atime = opt
	case "z", "Z", "private", "rprivate", "nocopy", "consistent", "cached", "delegated":
		// Nothing to do: urun sets no SELinux label that files would have to match, and every mount is private.
	case "shared", "rshared", "slave", "rslave", "unbindable", "runbindable":
		return opt + ": mounts made later on the host would appear inside with all they hold; urun keeps every mount private"
	case "U":
		return "U: urun never changes the owners of files; --userns keep-id makes yours fit"
	case "O":
		return "O: urun has no overlay for a single volume; --ephemeral and --overlay are for the whole root"
	case "copy":
		return "copy: urun copies nothing into a volume"
	case "idmap":
		return "idmap: an id-mapped mount takes root; --userns keep-id makes your files fit"
	case "":
		return "an option is empty"
	default:
		return unknownBindOption(opt)
	}
	return ""
}

func unknownBindOption(opt string) string {
	return "unknown option " + strconv.Quote(opt) + "; there is ro, rw, bind, rbind, suid, nosuid, dev, nodev, exec, noexec, z and Z"
}

// list writes the options as the runtime specification has them. "ro" on a recursive bind leaves the mounts below writable
// there, which no one means: it is "rro".
func (o *bindOptions) list() []string {
	list := make([]string, 0, 6)
	switch {
	case o.single && o.readonly:
		list = append(list, "bind", "ro")
	case o.single:
		list = append(list, "bind")
	case o.readonly:
		list = append(list, "rbind", "rro")
	default:
		list = append(list, "rbind")
	}
	if o.nosuid {
		list = append(list, "nosuid")
	}
	if o.nodev {
		list = append(list, "nodev")
	}
	if o.noexec {
		list = append(list, "noexec")
	}
	if o.atime != "" {
		list = append(list, o.atime)
	}
	return list
}

// contraries are the options of which a mount has one or the other. Two in one list are refused: which of them was meant is a
// guess, and one of the guesses gives away a protection.
var contraries = []string{"ro rw", "suid nosuid", "dev nodev", "exec noexec", "bind rbind"}

// contradicted gives the option among those given that says the contrary of opt, or "".
func contradicted(given []string, opt string) string {
	for _, pair := range contraries {
		one, other, _ := strings.Cut(pair, " ")
		switch {
		case opt == one && slices.Contains(given, other):
			return other
		case opt == other && slices.Contains(given, one):
			return one
		}
	}
	return ""
}
