package ocispec

import (
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// tmpfs reads DST[:OPTS].
func (b *build) tmpfs(value string) (specs.Mount, error) {
	complain := func(why string) error { return bad("--tmpfs", value, why) }
	dst, opts, more := strings.Cut(value, ":")
	dst, err := destination(dst, complain)
	if err != nil {
		return specs.Mount{}, err
	}
	o := newTmpfsOptions()
	if more {
		for _, opt := range strings.Split(opts, ",") {
			if why := o.set(opt); why != "" {
				return specs.Mount{}, complain(why)
			}
		}
	}
	return o.mount(dst), nil
}

// tmpfsOptions are a tmpfs's options as a user gives them.
type tmpfsOptions struct {
	options []string
	given   []string // the words among them
}

// newTmpfsOptions has podman's and docker's defaults.
func newTmpfsOptions() *tmpfsOptions {
	return &tmpfsOptions{options: []string{"nosuid", "nodev", "noexec"}}
}

// set applies one option and says what is wrong with it, or "" when nothing is.
func (o *tmpfsOptions) set(opt string) (why string) {
	name, value, hasValue := strings.Cut(opt, "=")
	switch name {
	case "size", "mode", "uid", "gid", "nr_inodes":
		return o.setValue(name, value)
	}
	switch other := contradicted(o.given, opt); {
	case opt == "":
		return "an option is empty"
	case hasValue:
		return unknownTmpfsOption(opt)
	case other != "":
		return other + " and " + opt + " contradict each other; give one of them"
	}
	o.given = append(o.given, opt)
	switch name {
	case "ro", "noatime", "relatime", "strictatime", "nodiratime", "nosuid", "nodev", "noexec":
		o.replace(name, opt)
	case "rw":
		o.remove("ro")
	case "suid", "dev", "exec":
		o.remove("no" + name)
	case "notmpcopyup", "private", "rprivate":
		// Nothing to do.
	case "tmpcopyup":
		return "tmpcopyup: urun copies nothing into a tmpfs"
	default:
		return unknownTmpfsOption(opt)
	}
	return ""
}

func unknownTmpfsOption(opt string) string {
	return "unknown option " + strconv.Quote(opt) + "; there is size=, mode=, uid=, gid=, nr_inodes=, ro, rw, suid, dev, exec and their no- forms"
}

func (o *tmpfsOptions) setValue(name, value string) (why string) {
	ok := true
	switch name {
	case "size":
		if strings.HasSuffix(value, "%") {
			percent, err := strconv.ParseUint(strings.TrimSuffix(value, "%"), 10, 7)
			ok = err == nil && percent > 0 && percent <= 100
			break
		}
		var bytes int64
		if bytes, ok = parseSize(value); ok {
			value = formatSize(bytes)
		}
	case "nr_inodes": // without a unit: the kernel has no kb
		var n int64
		if n, ok = parseSize(value); ok {
			value = strconv.FormatInt(n, 10)
		}
	case "mode":
		mode, err := strconv.ParseUint(value, 8, 16)
		ok = err == nil && mode <= 0o7777
	case "uid", "gid":
		_, ok = parseID(value)
	}
	if !ok {
		return "bad " + name + " " + strconv.Quote(value) + "; write for example " +
			map[string]string{"size": "size=64m", "nr_inodes": "nr_inodes=10k", "mode": "mode=1777", "uid": "uid=0", "gid": "gid=0"}[name]
	}
	o.replace(name+"=", name+"="+value)
	return ""
}

// remove takes away an option, or with a name ending in "=" one with any value.
func (o *tmpfsOptions) remove(name string) {
	o.options = slices.DeleteFunc(o.options, func(s string) bool {
		return s == name || (strings.HasSuffix(name, "=") && strings.HasPrefix(s, name))
	})
}

func (o *tmpfsOptions) replace(name, opt string) {
	o.remove(name)
	o.options = append(o.options, opt)
}

func (o *tmpfsOptions) mount(dst string) specs.Mount {
	return specs.Mount{Destination: dst, Type: "tmpfs", Source: "tmpfs", Options: o.options}
}
