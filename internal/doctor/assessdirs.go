package doctor

import (
	"strconv"
	"strings"

	"github.com/urun-project/urun/internal/ladder"
)

// dirs is about the caller's directories and account.
func (s *subject) dirs() []Check {
	d := &s.Dirs
	list := []Check{s.runtimeDir()}
	for _, x := range []struct {
		name, what, means, variable string
		dir                         Dir
	}{
		{"state-dir", "logs of containers", "-d keeps no log and is refused; --log-driver none does without", "XDG_STATE_HOME", d.State},
		{"data-dir", "images", "images cannot be kept", "XDG_DATA_HOME", d.Data},
	} {
		list = append(list, s.room(x.name, x.what, x.means, x.variable, x.dir))
	}
	switch {
	case d.Home.Path == "":
		list = append(list, Check{"home", Degraded, "HOME is not set", "your file of defaults is not found, and logs go to a temporary directory", "set HOME to your home directory", ladder.You, "everything works"})
	case !d.Home.Exists:
		list = append(list, Check{"home", Degraded, "HOME is " + d.Home.Path + ", which does not exist", "your file of defaults is not found, and logs have no place there", "create it, or set HOME to your home directory", ladder.You, "containers in the foreground work"})
	default:
		list = append(list, fine("home", d.Home.Path))
	}
	if d.Name == "" {
		return append(list, Check{"account", Degraded, s.user() + " has no entry in the passwd database", "subordinate ids count by number alone, and newuidmap refuses", "give it an entry", ladder.Administrator, "containers with one id work"})
	}
	return append(list, fine("account", d.Name+", uid "+utoa(s.Users.Host.UID)))
}

// runtimeDir is about where records of containers are.
func (s *subject) runtimeDir() Check {
	const name = "runtime-dir"
	d, uid := s.Dirs.Runtime, s.Users.Host.UID
	to, meanwhile := "records of containers go to "+s.Dirs.Records, "everything works"
	if s.Dirs.Records == "" {
		to, meanwhile = "there is no place for records of containers: -d, --name and limits are refused", "containers in the foreground work"
	}
	bad := func(found, fix string) Check {
		return Check{name, Degraded, found, to, fix, ladder.You, meanwhile}
	}
	const session = "log in with a session of systemd's, or set XDG_RUNTIME_DIR to a directory of your own"
	switch {
	case s.Dirs.Records == "":
		return bad("XDG_RUNTIME_DIR is "+quoted(d.Path)+", and no other directory will do", session)
	case d.Path == "" && strings.HasPrefix(s.Dirs.Records, "/run/"):
		return fine(name, "XDG_RUNTIME_DIR is not set; "+to+" all the same")
	case d.Path == "":
		return bad("XDG_RUNTIME_DIR is not set", session)
	case !d.Exists:
		return bad("XDG_RUNTIME_DIR is "+d.Path+", which does not exist", session)
	case d.Owner != uid:
		return bad("XDG_RUNTIME_DIR is "+d.Path+", which belongs to uid "+utoa(d.Owner)+", as after su or sudo", "unset it, or set it to a directory of your own")
	case !d.Writable:
		return bad("XDG_RUNTIME_DIR is "+d.Path+", which you may not write", session)
	case d.Mode&0o022 != 0:
		return bad("XDG_RUNTIME_DIR is "+d.Path+", which others may write", "chmod 700 "+d.Path)
	}
	found := to
	if d.NoExec {
		found += " (noexec, which is nothing to urun)"
	}
	return fine(name, found)
}

func quoted(path string) string {
	if path == "" {
		return "not set"
	}
	return path
}

// little is less than a log of the usual size may take.
const little = 100 << 20

// room is about a directory that something is kept in.
func (s *subject) room(name, what, means, variable string, d Dir) Check {
	fix := "set " + variable + " to a directory that you may write"
	switch {
	case d.Path == "":
		return Check{name, Degraded, "neither " + variable + " nor HOME is set", what + " go to a temporary directory", "set HOME", ladder.You, "everything works"}
	case d.Err != nil:
		return Check{name, Degraded, d.Err.Error(), means, fix, ladder.You, "containers in the foreground work"}
	case !d.Writable:
		return Check{name, Degraded, d.Path + " cannot be written by you", means, fix, ladder.You, "containers in the foreground work"}
	case d.Free < little:
		return Check{name, Degraded, d.Path + " has " + size(d.Free) + " left", "there may be no room for " + what, "make room, or " + fix, ladder.You, "containers in the foreground work"}
	}
	return fine(name, what+" go to "+d.Path+", "+size(d.Free)+" free")
}

// size is a number of bytes in powers of 1024.
func size(n uint64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return strconv.FormatUint(n, 10) + " B"
	}
	u := 0
	for n >= 1<<20 && u < len(units)-1 {
		n, u = n>>10, u+1
	}
	return strconv.FormatFloat(float64(n)/1024, 'f', 1, 64) + " " + units[u:u+1] + "iB"
}

// config is about the file of defaults.
func (s *subject) config() []Check {
	const name = "config"
	c := &s.Config
	switch {
	case c.Err != nil:
		return []Check{{name, Blocked, oneLine(c.Err.Error()), "no command of urun's starts with defaults that it cannot read", "correct " + c.Path, ladder.You, ""}}
	case c.Path == "":
		return nil
	case !c.Exists:
		return []Check{fine(name, "there is no "+c.Path+", so defaults are urun's own")}
	}
	return []Check{fine(name, c.Path+" is in force")}
}
