package container

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/mount"
)

// openStore makes --overlay's directory ready and locks it. The kernel accepts an
// upper layer that another overlay uses, and both then show nonsense.
func (l *launch) openStore() error {
	dir := l.opt.extra().OverlayDir
	if dir == "" {
		return nil
	}
	if !l.owns(specs.PIDNamespace) {
		return errors.New("--overlay needs processes of its own: with --pid host some may outlive urun and go on writing to it")
	}
	if within(dir, l.root.Path) {
		return fmt.Errorf("--overlay %s lies in the rootfs, which is to stay as it is; choose a directory outside it", dir)
	}
	if l.opt.Store.Dir != "" && within(dir, l.opt.Store.Dir) {
		return fmt.Errorf("--overlay %s lies in the store of images, where it could change them; choose a directory outside it", dir)
	}
	if l.dry {
		src, err := mount.Find(dir)
		if err != nil && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("--overlay: %w", err)
		}
		src.Path = dir
		l.root.Store = &src
		return nil
	}
	for _, d := range []string{dir, dir + "/upper", dir + "/work"} {
		if err := os.Mkdir(d, os.FileMode(0o755)); err != nil && !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("--overlay %s: make %s: %w; the directory above it must exist and be yours", dir, d, errors.Unwrap(err))
		}
	}
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("--overlay: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return fmt.Errorf("--overlay %s is in use by another container; wait for it, or choose another directory", dir)
	}
	l.store = f // the lock goes with this process
	src, err := mount.Find(dir)
	if err != nil {
		return fmt.Errorf("--overlay: %w", err)
	}
	l.root.Store = &src
	return nil
}

// within tells whether dir, which need not exist, is top or below it, with links
// followed.
func within(dir, top string) bool {
	for real, err := filepath.EvalSymlinks(dir); ; real, err = filepath.EvalSymlinks(dir) {
		if err == nil {
			dir = real
			break
		}
		if up := filepath.Dir(dir); up != dir {
			dir = up // not made yet: what it will be in counts
			continue
		}
		return false
	}
	if real, err := filepath.EvalSymlinks(top); err == nil {
		top = real
	}
	return dir == top || strings.HasPrefix(dir, strings.TrimSuffix(top, "/")+"/")
}
