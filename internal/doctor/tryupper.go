package doctor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/userns"
)

// Upper is whether a directory can hold what containers from images write: the upper layer of their root.
type Upper struct {
	Tried  bool
	Failed *Failure
}

// tryUpper mounts an overlay that is written in a new directory where images are to be, or in the one above that is there. The new
// one is gone again after that.
func tryUpper(dir string, h userns.Host) (u Upper) {
	if dir == "" {
		return u
	}
	at := filepath.Clean(dir)
	for at != "/" && errors.Is(unix.Access(at, unix.F_OK), fs.ErrNotExist) {
		at = filepath.Dir(at)
	}
	made, err := os.MkdirTemp(at, ".urun-doctor-")
	if err != nil {
		return u // that is told of the directory itself
	}
	defer os.RemoveAll(made)
	for _, name := range []string{"lower", "upper", "work"} {
		if err := os.Mkdir(filepath.Join(made, name), 0o700); err != nil {
			return u
		}
	}
	u.Tried = true
	u.Failed = inUserNS(h, 0, func(p *forkexec.Program) {
		unshare(p, unix.CLONE_NEWNS)
		p.Call("enter "+made, unix.SYS_CHDIR, made)
		fresh(p, "overlay", 0, "lowerdir=lower", "userxattr", "upperdir=upper", "workdir=work", "volatile")
	})
	for _, own := range []string{"work/work", "work/work/incompat", "work/work/incompat/volatile"} {
		_ = os.Chmod(filepath.Join(made, own), 0o700) // overlay's have no permissions, and may not be there
	}
	return u
}
