// Package apparmor writes the AppArmor profile that lets urun work where AppArmor
// takes user namespaces from programs that have none: Ubuntu since 23.10, with
// kernel.apparmor_restrict_unprivileged_userns=1. Such a kernel lets anybody make a
// user namespace and then denies every capability in it, unless the program's profile
// has the rule "userns". Only an administrator can load one.
//
// The profile confines nothing: it gives the program a name and that one rule, as the
// profiles that Ubuntu and AppArmor 4 ship for other programs of this kind do
// (profiles/apparmor.d/ch-run of AppArmor's sources; apparmor.d(5), "User Namespace
// Rules"). What runs in a container keeps the name, so AppArmor does not stop it from
// making user namespaces of its own: urun's filter of system calls does.
//
// It looks at nothing on the machine: which profile is loaded, and whether one is
// needed, is for others to find out.
package apparmor

import (
	"fmt"
	"strings"
)

// InstalledPath is where the packages put urun.
const InstalledPath = "/usr/bin/urun"

// Profile is the text of the profile for the urun at path, which is absolute and has
// no symbolic links in it: the kernel compares it with the file that is executed.
//
// Who can write that file can give any program the right to user namespaces, so for a
// urun in a home directory the restriction is gone for that user.
//
// It takes AppArmor 4. A parser of version 3 knows neither the ABI nor the rule, and
// refuses it; where the kernel has the restriction, there is a newer one.
func Profile(path string) string {
	return fmt.Sprintf(profile, quote(path))
}

// Without the ABI the parser takes the policy for one of AppArmor 3, and drops the rule.
const profile = `# Lets urun have capabilities in the user namespaces that it makes, and confines nothing.
# To load it: put it into /etc/apparmor.d/urun, then apparmor_parser -r /etc/apparmor.d/urun
abi <abi/4.0>,

profile urun %s flags=(unconfined) {
  userns,

  # Rules of this machine's own.
  include if exists <local/urun>
}
`

// quote writes a path as a quoted string of apparmor.d(5) that matches this path alone.
// The backslashes are taken off twice: those before a quote and of a number by the
// reader of strings, the others by that of patterns.
func quote(path string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(path) {
		switch c := path[i]; {
		case strings.IndexByte(`\"*?[]{}`, c) >= 0: // "@{" begins a variable, and is none without its brace
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
