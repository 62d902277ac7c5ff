package container

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/mount"
)

// denial is a path of --deny as it was found on the host.
type denial struct {
	asked string         // as --deny has it, absolute
	at    []string       // where of the host it is, without links: itself, and where else it shows; none: not known
	is    mount.Source   // what is there
	dests []string       // where the spec's mounts are, without links
	binds []mount.Source // the sources of its binds, with paths without links
}

// findDenied looks at what is to be denied.
func (l *launch) findDenied() error {
	for _, asked := range l.opt.extra().Deny {
		d := denial{asked: asked}
		host := l.rootfs.Path == "/"
		for _, m := range l.spec.Mounts {
			dest := path.Clean(m.Destination)
			if host {
				dest = real(dest)
			} else {
				dest = l.inRoot(dest)
			}
			d.dests = append(d.dests, dest)
		}
		for _, src := range l.sources {
			src.Path = real(src.Path)
			d.binds = append(d.binds, src)
		}
		at := asked
		if !host {
			in := l.inRoot(asked)
			if at = inVolume(d.dests, l.spec.Mounts, l.sources, in); at == "" {
				at = path.Join(l.rootfs.Path, in)
			}
		}
		if err := d.look(at, host); err != nil {
			return err
		}
		l.denied = append(l.denied, d)
	}
	return nil
}

// look finds out what is at a path of the host. With the host's own root it must be there;
// what is in a rootfs, the child will see.
func (d *denial) look(at string, must bool) error {
	if at == "" {
		return nil
	}
	to, err := filepath.EvalSymlinks(at)
	if err == nil {
		d.is, err = mount.Find(to)
	}
	switch {
	case err != nil && !must:
		return nil
	case errors.Is(err, unix.ENOENT):
		return fmt.Errorf("--deny %s: there is no such file or directory; leave it out, or make it first: what comes later cannot be hidden", quote(d.asked))
	case err != nil:
		return fmt.Errorf("--deny %s: you cannot look at it: %s; what you cannot reach, the command cannot, either: leave it out", quote(d.asked), cause(err))
	}
	d.at = []string{to}
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	defer f.Close()
	aliases, err := mount.Aliases(f, to)
	for _, a := range aliases {
		if _, err := mount.Find(a); err == nil { // else another mount lies over it, or it may not be reached
			d.at = append(d.at, a)
		}
	}
	return err
}

// real is a path without links, as far as that can be found out.
func real(at string) string {
	if to, err := filepath.EvalSymlinks(at); err == nil {
		return to
	}
	return at
}

// inVolume is where on the host a path of the container is that lies in a volume, or "".
func inVolume(dests []string, mounts []specs.Mount, sources []mount.Source, at string) (host string) {
	longest := ""
	for i, m := range mounts {
		bind := m.Type == "bind"
		dest := dests[i]
		if ocispec.Within(at, dest) && len(dest) >= len(longest) {
			longest, host = dest, ""
			if bind {
				host = path.Join(sources[0].Path, strings.TrimPrefix(at, dest))
			}
		}
		if bind {
			sources = sources[1:]
		}
	}
	return host
}

// checkDenied refuses what takes a denial back.
func (l *launch) checkDenied() error {
	x := l.opt.extra()
	if len(x.Deny) == 0 {
		return nil
	}
	if x.Nested {
		return errors.New("--deny: a command that may mount for containers of its own can look beneath a mount; leave out --deny or --nested")
	}
	if c := l.spec.Process.Capabilities; c != nil {
		for _, name := range []string{"CAP_SYS_ADMIN", "CAP_DAC_READ_SEARCH"} {
			if slices.Contains(c.Bounding, name) {
				return fmt.Errorf("--deny: with %s the command could look beneath the mount that hides a path (%s); leave out --deny or the capability", name,
					map[string]string{"CAP_SYS_ADMIN": "open_tree(2)", "CAP_DAC_READ_SEARCH": "open_by_handle_at(2)"}[name])
			}
		}
	}
	return nil
}

// inRoot is a path of the container without the links of the rootfs, as far as that has it: what the child will find it at, unless
// the rootfs is changed meanwhile.
func (l *launch) inRoot(at string) string {
	root, err := unix.Open(l.rootfs.Path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return at
	}
	defer unix.Close(root)
	base, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(root))
	if err != nil {
		return at
	}
	for up, rest := path.Clean(at), ""; ; up, rest = path.Dir(up), path.Join(path.Base(up), rest) {
		fd, err := unix.Openat2(root, "."+up, &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS})
		if err == nil {
			to, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
			unix.Close(fd)
			if err == nil && ocispec.Within(to, base) {
				return path.Join("/", strings.TrimPrefix(to, base), rest)
			}
		}
		if up == "/" {
			return at
		}
	}
}
