package doctor

import "strings"

// Profile is the AppArmor profile that lets the urun at an absolute path make user namespaces and use capabilities in
// them, where kernel.apparmor_restrict_unprivileged_userns takes that from every program without a profile. It
// confines nothing: user namespaces are all that urun is to be given.
//
// Whoever can write the file at path is given the same, which is why the path stands in it and no pattern.
func Profile(path string) string {
	return `# AppArmor profile for urun, which runs containers without root.
#
# Where kernel.apparmor_restrict_unprivileged_userns is 1, a program needs a profile with the
# rule "userns" to use the capabilities of a user namespace that it makes. An administrator
# saves this as /etc/apparmor.d/urun and loads it:
#
#   apparmor_parser -r /etc/apparmor.d/urun
#
# It restricts nothing. Everyone who may write the file named below gains what it gives.

abi <abi/4.0>,
include <tunables/global>

profile urun ` + attachment(path) + ` flags=(unconfined) {
  userns,

  include if exists <local/urun>
}
`
}

// attachment writes a path so that it stands for itself: apparmor.d(5) has patterns, variables and quotes.
func attachment(path string) string {
	var b strings.Builder
	for _, c := range []byte(path) {
		if strings.IndexByte(`*?[]{}^@\"`, c) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	if s := b.String(); !strings.ContainsAny(s, " \t,#()=\"") {
		return s
	}
	return `"` + b.String() + `"`
}
