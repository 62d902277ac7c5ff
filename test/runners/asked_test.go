package runners

import (
	"slices"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// only makes a machine for one command of its user's, and fails the test if that leaves anything.
func only(t *testing.T, name, words string) testenv.Result {
	t.Helper()
	needs(t)
	o := called(t, name).make(t, []attempt{{"only", words}})["only"]
	if left := slices.DeleteFunc(o.left, kept.MatchString); len(left) > 0 {
		t.Errorf("%s: left is %q", name, left)
	}
	return o.Result
}

// What a machine takes away by itself can be had there in another way, where urun's lines say so.
func TestWhatIsAskedForInstead(t *testing.T) {
	const write = `sh -c 'echo kept >/new && cat /new; exit 7'`
	for name, words := range map[string]string{
		"a rootfs on FUSE (sshfs, bindfs)":             "urun --ephemeral ./rootfs " + write,
		"one there that is read-only and has no /proc": "urun --ephemeral ./rootfs " + write,
		"a home directory that is read-only":           "urun --ephemeral ./rootfs " + write,
		"user.max_net_namespaces=0":                    "urun --net host --ephemeral ./rootfs " + write,
		"no /dev/net/tun":                              "urun --strict --net none --ephemeral ./rootfs " + write,
		"no line in /etc/subuid":                       "urun --strict --userns single --ephemeral ./rootfs " + write,
	} {
		t.Run(name, func(t *testing.T) {
			if r := only(t, name, words); r.Status != 7 || r.Stdout != "kept\n" || r.Stderr != "" {
				t.Errorf("exit status %d\n%s%s", r.Status, r.Stdout, r.Stderr)
			}
		})
	}
}

// A host name of urun's choosing is lost in podman; one that was asked for is not.
func TestAHostNameThatWasAskedFor(t *testing.T) {
	only(t, "podman", "urun -q --hostname web ./rootfs true").Refused(t, 125, "a name of its own", "operation not permitted")
}

// FUSE shows a file system to its user alone, and cannot be written through an overlay.
func TestWhatFUSECannotDo(t *testing.T) {
	const name = "a rootfs on FUSE (sshfs, bindfs)"
	only(t, name, "urun -u 1000 ./rootfs true").Refused(t, 125, "working directory /", "FUSE", "allow_other")
	overlay := called(t, name).make(t, []attempt{{"overlay", "urun --overlay ./rootfs/changes ./lower true"}})["overlay"] // which is made ready, and stays
	overlay.Refused(t, 125, "overlay", "FUSE", "another file system")
}
