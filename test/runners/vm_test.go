//go:build vm

package runners

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
)

// TestInAVirtualMachine has what takes a systemd or another kernel. hack/vm/test starts it in the image that it names.
func TestInAVirtualMachine(t *testing.T) {
	testenv.Unprivileged(t)
	image, found := os.Getenv("URUN_TEST_IMAGE"), false
	for _, m := range machines() {
		if m.vm != image && (image != "trixie" || m.systemd == "") {
			continue
		}
		found, m.vm = true, image
		t.Run(m.name, func(t *testing.T) {
			home := t.TempDir()
			if out, err := exec.Command("cp", "-a", dir+"/rootfs", home).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			for _, a := range attempts {
				before := there(t)
				c := exec.Command("sh", "-c", m.systemd+" "+a.words)
				c.Env = append(os.Environ(), "PATH="+dir+"/bin:"+os.Getenv("PATH"))
				c.Dir = home
				o := outcome{Result: testenv.Finish(t, c)}
				if m.kernel != "" {
					o.Stdout, o.Stderr = strings.ReplaceAll(o.Stdout, release(), m.kernel), strings.ReplaceAll(o.Stderr, release(), m.kernel)
				}
				m.expect(t, a, o)
				for line := range there(t) {
					if !before[line] && !strings.HasSuffix(line, "/urun") && !strings.HasSuffix(line, "/lock") && !strings.HasSuffix(line, "/swept") {
						t.Errorf("%s: left is %s", a.name, line)
					}
				}
				if left, err := testenv.Running(dir + "/bin/urun"); err != nil || len(left) > 0 {
					t.Errorf("%s: %v, left are %v", a.name, err, left)
				}
			}
		})
	}
	if !found {
		t.Errorf("there is no machine %q", image)
	}
}

// there are the mounts, urun's cgroups and what is in its directory.
func there(t *testing.T) map[string]bool {
	t.Helper()
	mounts, err := testenv.Mounts()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, m := range mounts {
		all[m] = true
	}
	for _, pattern := range []string{"/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/*/urun-*.scope", "/run/user/1000/urun*", "/run/user/1000/urun/*"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			all[f] = true
		}
	}
	return all
}

func release() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}
