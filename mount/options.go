package mount

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// Options are the options of a mount, as mount(8) and the OCI runtime spec write
// them, told apart.
type Options struct {
	Set, Clear   uint64   // MOUNT_ATTR_ bits for mount_setattr(2)
	NonRecursive bool     // bind instead of rbind
	Bind         bool     // bind or rbind was among them
	Data         []string // the file system's own: key or key=value
}

// attributes maps an option's name to the bits it sets and clears.
var attributes = map[string]struct{ set, clear uint64 }{
	"ro":          {set: unix.MOUNT_ATTR_RDONLY},
	"rro":         {set: unix.MOUNT_ATTR_RDONLY},
	"rw":          {clear: unix.MOUNT_ATTR_RDONLY},
	"nosuid":      {set: unix.MOUNT_ATTR_NOSUID},
	"suid":        {clear: unix.MOUNT_ATTR_NOSUID},
	"nodev":       {set: unix.MOUNT_ATTR_NODEV},
	"dev":         {clear: unix.MOUNT_ATTR_NODEV},
	"noexec":      {set: unix.MOUNT_ATTR_NOEXEC},
	"exec":        {clear: unix.MOUNT_ATTR_NOEXEC},
	"nodiratime":  {set: unix.MOUNT_ATTR_NODIRATIME},
	"diratime":    {clear: unix.MOUNT_ATTR_NODIRATIME},
	"nosymfollow": {set: unix.MOUNT_ATTR_NOSYMFOLLOW},
	"symfollow":   {clear: unix.MOUNT_ATTR_NOSYMFOLLOW},
	"relatime":    {clear: unix.MOUNT_ATTR__ATIME},
	"noatime":     {set: unix.MOUNT_ATTR_NOATIME, clear: unix.MOUNT_ATTR__ATIME},
	"strictatime": {set: unix.MOUNT_ATTR_STRICTATIME, clear: unix.MOUNT_ATTR__ATIME},
}

// ignored are options that ask for what a mount here has anyway.
var ignored = map[string]bool{"defaults": true, "private": true, "rprivate": true, "async": true, "loud": true}

// refused are options that would open the container to the host's mounts or
// that no unprivileged mount can have.
var refused = map[string]string{
	"shared":      "mounts of a container are private",
	"rshared":     "mounts of a container are private",
	"slave":       "mounts of a container are private",
	"rslave":      "mounts of a container are private",
	"unbindable":  "mounts of a container are private",
	"runbindable": "mounts of a container are private",
	"idmap":       "an id-mapped mount needs privileges over the file system",
	"ridmap":      "an id-mapped mount needs privileges over the file system",
	"remount":     "a mount is made once",
	"mand":        "mandatory locking is gone from Linux",
}

// ParseOptions tells options apart; a later one wins over an earlier one.
func ParseOptions(list []string) (Options, error) {
	var o Options
	for _, name := range list {
		switch name {
		case "":
			continue
		case "bind":
			o.Bind, o.NonRecursive = true, true
			continue
		case "rbind":
			o.Bind, o.NonRecursive = true, false
			continue
		}
		if why, ok := refused[name]; ok {
			return Options{}, fmt.Errorf("mount option %q cannot be had: %s", name, why)
		}
		if a, ok := attributes[name]; ok {
			o.Set = o.Set&^a.clear | a.set
			o.Clear = o.Clear&^a.set | a.clear
			continue
		}
		if !ignored[name] {
			o.Data = append(o.Data, name)
		}
	}
	return o, nil
}

// key and value of a file system's own option; flag tells that it has no value.
func split(option string) (key, value string, flag bool) {
	key, value, found := strings.Cut(option, "=")
	return key, value, !found
}
