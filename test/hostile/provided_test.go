package hostile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// Each file that urun gives a container is over whatever the rootfs has at its place: that is neither read, written nor
// followed, and what is inside is urun's file, or the start is refused.
func TestFilesThatUrunProvides(t *testing.T) {
	const shows = `grep -q mine /etc/hosts && grep -q 192.0.2.1 /etc/resolv.conf && grep -qx box /etc/hostname || echo not urun\'s
		for f in hosts resolv.conf hostname; do echo x 2>/dev/null >>/etc/$f; done; true`
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		canary := testenv.Canary(t, rootfs)
		worked := 0
		for _, place := range []string{"etc/hosts", "etc/hostname", "etc/resolv.conf"} {
			for state, put := range states() {
				at := filepath.Join(rootfs, place)
				if err := os.RemoveAll(at); err != nil {
					t.Fatal(err)
				}
				if err := put(at, canary); err != nil {
					t.Fatal(err)
				}
				for _, mode := range []string{"--init", "--read-only", "--ephemeral"} {
					r := kit.Run(t, userns, mode, "--net=host", "--dns=192.0.2.1", "--add-host=mine:192.0.2.7", "--hostname=box", rootfs, "sh", "-c", shows)
					switch {
					case r.Lacks(t):
					case r.Status == 0 && r.Stdout+r.Stderr == "":
						worked++
					default:
						t.Run(strings.Join([]string{mode, place, state}, " "), func(t *testing.T) { r.Refused(t, 125, "/"+place) })
					}
				}
				if err := os.RemoveAll(filepath.Join(rootfs, "etc/hop")); err != nil {
					t.Fatal(err)
				}
				if err := os.RemoveAll(at); err != nil {
					t.Fatal(err)
				}
			}
		}
		if worked == 0 && os.Getenv("URUN_TEST_WITHOUT") == "" {
			t.Error("nothing worked")
		}
	})
}
