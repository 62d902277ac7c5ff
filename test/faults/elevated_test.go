package faults

import (
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// A urun that is set-user-ID, or has capabilities by its file, would be a way for everyone to the ids of others. In a user
// namespace with a range the test's user may make such files.
func TestUrunRefusesPrivilegesOfItsFile(t *testing.T) {
	testenv.Unprivileged(t)
	testenv.Need(t, "python3", "setpriv")
	if !testenv.HasRange() {
		testenv.Skip(t, "no subordinate ids, or no newuidmap")
	}
	const file = `mount -t tmpfs none "$1" && cp "$0" "$1/urun" && chmod 755 "$1/urun" && cd "$1" && `
	for name, make := range map[string]string{
		"set-user-ID":       `chown 1:0 urun && chmod 4755 urun && ./urun version`,
		"set-group-ID":      `chgrp 1 urun && chmod 2755 urun && ./urun version`,
		"file capabilities": `python3 -c 'import os; os.setxattr("urun", "security.capability", bytes.fromhex("01000002" "80000000" "00000000" "00000000" "00000000"))' && setpriv --reuid 1 --clear-groups ./urun version`,
	} {
		r := kit.Run(t, "unshare", "sh", "-c", file+make, kit.Urun, kit.Dir(t))
		if r.Status != 125 {
			t.Errorf("%s: exit status %d %q", name, r.Status, r.Stdout)
			continue
		}
		r.Refused(t, 125, "must not be set-user-ID", "file capabilities", "chmod ug-s", "setcap -r")
	}
	// The same without is no reason.
	kit.Run(t, "unshare", "sh", "-c", file+"setpriv --reuid 1 --clear-groups ./urun version >/dev/null", kit.Urun, kit.Dir(t)).OK(t)
}
