package userns

import (
	"errors"
	"strings"
)

// HelperError says how newuidmap or newgidmap failed.
type HelperError struct {
	Helper   Helper
	ExitCode int    // -1 when it did not exit by itself
	Stderr   string // what it said, one line, without control characters
	Err      error
}

func (e *HelperError) Error() string {
	s := e.Helper.Name + ": " + e.Err.Error()
	if e.Stderr != "" {
		s += ": " + e.Stderr
	}
	return s
}

func (e *HelperError) Unwrap() error { return e.Err }

// Fallback returns the choice to start over with, in a new process, after c.Write
// failed with err: one id, with a loss that says why. false: err is not a helper's,
// or the maps were asked for line by line.
func Fallback(c Choice, err error) (Choice, bool) {
	var failed *HelperError
	if c.mode == Custom || c.Method != Helpers || !errors.As(err, &failed) {
		return Choice{}, false
	}
	why := cause{why: failed.Error()}
	why.fix, why.who = remedy(failed, c.host)
	return c.single(why.loss()), true
}

// remedy knows what shadow's helpers say.
func remedy(e *HelperError, h Host) (fix, who string) {
	setcap := "run: chmod u-s " + e.Helper.Path + " && setcap cap_setuid+ep " + e.Helper.Path
	if e.Helper.Name == "newgidmap" {
		setcap = strings.ReplaceAll(setcap, "cap_setuid", "cap_setgid")
	}
	switch {
	case strings.Contains(e.Stderr, "owned by a different user"):
		// It compares the gid with that of the passwd entry.
		return "start it with the login group (not under newgrp or sg)", h.caller()
	case strings.Contains(e.Stderr, "user name"):
		return "give the uid a passwd entry", admin
	case e.Helper.Setuid && !h.SysAdminBound:
		// Root by the set-user-ID bit is not the owner of the namespace and needs
		// CAP_SYS_ADMIN over it, which container engines take away. With a file
		// capability the helper keeps the owner's uid.
		return setcap, admin
	case e.Stderr == "" && strings.HasPrefix(h.SubUID.Source, "getsubids"):
		// It opens its file before it asks the directory, and says nothing when it cannot.
		return "make /etc/subuid and /etc/subgid, empty: " + e.Helper.Name + " wants them also where a directory service has the ids", admin
	}
	return "", ""
}
