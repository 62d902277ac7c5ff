package faults

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// A sysctl of user namespaces can be set by root of such a one.
func TestNamespacesThatASysctlForbids(t *testing.T) {
	testenv.Unprivileged(t)
	testenv.Need(t, "unshare")
	rootfs := kit.Rootfs(t)
	for _, kind := range []string{"user", "mnt", "pid", "uts", "ipc", "net", "cgroup"} {
		w, env := watches(t)
		name := "user.max_" + kind + "_namespaces"
		c := exec.Command("unshare", "--user", "--map-root-user", "sh", "-c",
			`echo 0 >/proc/sys/`+strings.ReplaceAll(name, ".", "/")+` && exec "$@"`, "sh", kit.Urun, "--userns=single", rootfs, "true")
		c.Env = env
		r := testenv.Finish(t, c)
		if kind == "cgroup" { // as in a container of urun's: without it there is less to see, and nothing to do
			if r.Status != 0 {
				t.Errorf("exit status %d: %s", r.Status, r.Stderr)
			}
		} else {
			r.Refused(t, 125, name, "administrator")
		}
		w.nothingIsLeft()
	}
}

func TestUserNamespacesThatAFilterRefuses(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		w, env := watches(t)
		for _, verb := range [][]string{{userns, rootfs, "true"}, {"unshare", userns, "true"}} {
			c := exec.Command(kit.Probe, append([]string{"refuse", "userns", kit.Urun}, verb...)...)
			c.Env = env
			testenv.Finish(t, c).Refused(t, 125, "seccomp")
		}
		w.nothingIsLeft()
	})
}

func TestExecutableMemoryThatIsForbidden(t *testing.T) {
	testenv.Unprivileged(t)
	rootfs := kit.Rootfs(t)
	w, env := watches(t)
	c := exec.Command(kit.Probe, "refuse", "memfd-1", kit.Urun, "--userns=single", rootfs, "echo", "runs")
	c.Env = env
	r := testenv.Finish(t, c)
	r.OK(t)
	if r.Stdout != "runs\n" {
		t.Errorf("it says %q", r.Stdout)
	}
	c = exec.Command(kit.Probe, "refuse", "memfd-2", kit.Urun, "--userns=single", rootfs, "true")
	c.Env = env
	testenv.Finish(t, c).Refused(t, 125, "vm.memfd_noexec", "administrator")
	w.nothingIsLeft()
}

// In a container of Docker's /proc is partly covered, and the kernel then allows no new one.
func TestAProcThatIsPartlyCovered(t *testing.T) {
	testenv.Unprivileged(t)
	testenv.Need(t, "unshare")
	rootfs := kit.Rootfs(t)
	w, env := watches(t)
	c := exec.Command("unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "sh", "-c",
		`mount -t proc proc /proc && mount -t tmpfs none /proc/acpi 2>/dev/null || mount --bind /dev/null /proc/kcore; exec "$@"`,
		"sh", kit.Urun, "--userns=single", rootfs, "sh", "-c", "test -r /proc/self/stat && echo runs")
	c.Env = env
	r := testenv.Finish(t, c)
	if r.Status != 0 || r.Stdout != "runs\n" || strings.Count(r.Stderr, "\n") != 1 || !strings.Contains(r.Stderr, "/proc") {
		t.Errorf("exit status %d, %q, %s", r.Status, r.Stdout, r.Stderr)
	}
	w.nothingIsLeft()
}

// Keeps away: a start failed at the session keyring where a filter or the kernel has
// no keyctl(2) for anyone, so that no key can be reached inside.
func TestKeysThatNobodyCanReachAreNoFailure(t *testing.T) {
	testenv.Unprivileged(t)
	rootfs := kit.Rootfs(t)
	for _, what := range []string{"keys", "no-keys"} {
		r := testenv.Finish(t, exec.Command(kit.Probe, "refuse", what, kit.Urun, "--userns=single", rootfs, "echo", "runs"))
		if r.OK(t); r.Stdout != "runs\n" {
			t.Errorf("%s: %q", what, r.Stdout)
		}
	}
}
