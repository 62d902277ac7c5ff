package mount

import (
	"slices"
	"strings"
	"testing"
)

func TestAPathIsFoundWhereElseItShows(t *testing.T) {
	const mountinfo = `20 1 8:1 / / rw - ext4 /dev/sda1 rw
21 20 8:2 /@home /home rw - btrfs /dev/sda2 rw
22 20 8:2 / /mnt/pool rw - btrfs /dev/sda2 rw
23 20 8:2 /@home/me/.ssh/keys /srv/with\040keys rw - btrfs /dev/sda2 rw
24 20 8:1 /var/lib /data rw - ext4 /dev/sda1 rw
25 20 8:2 /@home/you /srv/you rw - btrfs /dev/sda2 rw
26 21 8:2 /@home/me/.ssh /home/me/.ssh/self rw - btrfs /dev/sda2 rw
27 20 0:9 / /tmp rw - tmpfs tmpfs rw
28 20 0:9 /a /tmp rw - tmpfs tmpfs rw
`
	for _, tt := range []struct {
		at   string
		want []string
	}{
		{"/home/me/.ssh", []string{"/mnt/pool/@home/me/.ssh", "/srv/with keys"}},
		{"/home/me/.ssh/keys/id", []string{"/home/me/.ssh/self/keys/id", "/mnt/pool/@home/me/.ssh/keys/id", "/srv/with keys/id"}},
		{"/home/you", []string{"/mnt/pool/@home/you", "/srv/you"}},
		{"/var/lib/x", []string{"/data/x"}},
		{"/var/library", nil},
		{"/etc/shadow", nil},
		{"/data/x", []string{"/var/lib/x"}},
		{"/tmp/x", []string{"/tmp/a/x"}}, // no such place is seen, which whoever asks finds out
	} {
		got, err := Aliases(strings.NewReader(mountinfo), tt.at)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s shows at %q, not %q", tt.at, got, tt.want)
		}
	}
}
