package hostile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// traps are put into a directory that will be removed: links out of it.
func traps(t *testing.T, dir, canary string) {
	t.Helper()
	for name, to := range map[string]string{"abs": canary, "rel": "../../../../../../../../.." + canary, "file": canary + "/file", "private": canary + "/private", "dot": ".", "up": ".."} {
		if err := os.Symlink(to, filepath.Join(dir, "trap-"+name)); err != nil {
			t.Fatal(err)
		}
	}
}

// What is removed is what urun has made. A link in it is removed and not followed.
func TestRemovingFollowsNoLink(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		canary := testenv.Canary(t, h.Rootfs)
		for _, how := range [][]string{{"rm", "a"}, {"rm", "-f", "a"}, {"rm", "-a"}} {
			id := h.Detach([]string{"--name", "a"}, "true")
			h.Run("wait", "a").OK(t)
			traps(t, filepath.Join(h.Runtime, "urun", id), canary)
			traps(t, filepath.Dir(h.Inspect("a").LogPath), canary)
			if r := h.Run(how...); r.Status != 0 {
				r.Refused(t, 125)
			}
			clear(t, h)
		}
	})
}

// clear removes what the test has put where no container's is.
func clear(t *testing.T, h *testenv.Home) {
	t.Helper()
	for _, pattern := range []string{h.Runtime + "/urun/*", h.State + "/urun/*"} {
		left, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range left {
			if base := filepath.Base(path); base == "lock" || base == "swept" {
				continue
			}
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A record, a log's directory or a name that is a link is no way to another directory.
func TestRecordsThatAreLinks(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		canary := testenv.Canary(t, h.Rootfs)
		id := h.Detach([]string{"--name", "a"}, "true")
		h.Run("wait", "a").OK(t)
		logs := filepath.Dir(h.Inspect("a").LogPath)
		for _, dir := range []string{filepath.Join(h.Runtime, "urun", id), logs} {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(canary, dir); err != nil {
				t.Fatal(err)
			}
		}
		for _, link := range []string{strings.Repeat("1", 64), "name.evil"} {
			if err := os.Symlink(canary, filepath.Join(h.Runtime, "urun", link)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink(canary, filepath.Join(h.State, "urun", strings.Repeat("1", 64))); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"ps", "-a"}, {"inspect", "evil"}, {"rm", "evil"}, {"rm", "-f", strings.Repeat("1", 64)}, {"rm", "-f", id}, {"rm", "-fa"}, {"ps", "-a"}} {
			if r := h.Run(args...); r.Status != 0 && r.Status != 125 {
				t.Errorf("%v: exit status %d %s", args, r.Status, r.Stderr)
			}
		}
		clear(t, h)
	})
}

// What a container has made in a layer that goes with it, or beside a volume, leads nowhere when it is removed.
func TestWhatIsNotKeptLeadsNowhere(t *testing.T) {
	const makes = `cd /; for d in / /tmp /home /etc; do ln -s "$1" $d/trap; ln -s ../../../../../../../.."$1" $d/trap-rel; mkdir -p $d/closed/in/it; chmod 000 $d/closed/in $d/closed; done
		mkdir /new; mv /etc /new/etc; rm -rf /usr/share; ln "$2"/file /hard 2>/dev/null; mv "$2" /new/volume 2>/dev/null; rm -rf /home; ln -s "$1" /home; exit 3`
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		canary, volume := testenv.Canary(t, h.Rootfs), source(t)
		before, err := testenv.Listing(volume)
		if err != nil {
			t.Fatal(err)
		}
		store := filepath.Join(kit.Dir(t), "store")
		for _, flags := range [][]string{{"--ephemeral"}, {"--ephemeral", "--rm"}, {"--overlay=" + store}, {"--overlay=" + store}} {
			flags = append(flags, "--volume="+volume+":/mnt/volume")
			r := h.Run(h.Args(flags, "sh", "-c", makes, "sh", canary, "/mnt/volume")...)
			if !r.Lacks(t) && r.Status != 3 {
				t.Errorf("%v: exit status %d %s", flags, r.Status, r.Stderr)
			}
			h.Detach(append(flags, "--rm", "--name=a"), "sh", "-c", "sleep 0.1;"+makes, "sh", canary, "/mnt/volume")
			h.Run("wait", "--", "a")
			h.Until("it is gone", func() bool { return len(h.All()) == 0 })
		}
		after, err := testenv.Listing(volume)
		if err != nil || after != before {
			t.Errorf("the volume is another one: %v\n%s", err, after)
		}
		if _, err := os.Stat(h.Rootfs + "/etc/passwd"); err != nil {
			t.Error(err)
		}
		// What is left of a layer, with directories that nobody may enter, the caller's ids remove.
		h.Run("unshare", h.Userns, "rm", "-rf", store).OK(t)
		if _, err := os.Stat(store); !os.IsNotExist(err) {
			t.Errorf("the layer is still there: %v", err)
		}
	})
}
