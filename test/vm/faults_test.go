//go:build vm

package vm

import (
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

// However a container ends, its scope, cgroup and record go with it.
func TestHoweverItEndsNothingIsLeft(t *testing.T) {
	for name, end := range map[string]func(*background){
		"urun is killed":          func(b *background) { b.kill() },
		"urun is told to end":     func(b *background) { _ = b.cmd.Process.Signal(syscall.SIGTERM) },
		"the terminal hangs up":   func(b *background) { _ = b.cmd.Process.Signal(syscall.SIGHUP) },
		"urun kill --all":         func(b *background) { run(b.T, "kill", "--all", "ends").OK(b.T) },
		"its init is killed":      func(b *background) { killInit(b.T, "ends") },
		"it is paused and killed": func(b *background) { run(b.T, "pause", "ends").OK(b.T); b.kill() },
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, "--name", "ends", "-m", "100m", rootfs, "probe", "sleep")
			b.sees("ready")
			end(b)
			b.status()
			collected(t)
		})
	}
}

// collected fails the test unless nothing is left once a command has seen what a killed urun left; whichever comes next
// does it.
func collected(t testing.TB) {
	t.Helper()
	run(t, "stats", "--no-stream").OK(t)
	nothingIsLeft(t)
}

func killInit(t *testing.T, name string) {
	t.Helper()
	procs, err := os.ReadFile(cgroupOf(t, name) + "/container/cgroup.procs")
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(procs), "\n")
	if out, err := exec.Command("kill", "-9", first).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// Killed at any moment of the start, between the scope and the command among them, urun leaves nothing that the next
// one does not collect.
func TestKilledAtAnyMomentOfTheStart(t *testing.T) {
	n := 60
	if testing.Short() {
		n = 10
	}
	began := time.Now()
	run(t, "--userns=single", "-m", "50m", rootfs, "true").OK(t)
	whole := time.Since(began)
	for range n {
		c := exec.Command(urun, "--userns=single", "-m", "50m", rootfs, "sleep", "100")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(rand.N(whole + whole/4))
		_ = c.Process.Kill()
		_ = c.Wait()
	}
	collected(t)
	t.Logf("killed %d starts at moments of their %v", n, whole)
}

// A unit that is not urun's has the name.
func TestAUnitNameThatIsTaken(t *testing.T) {
	testenv.Unprivileged(t)
	c := exec.Command("systemd-run", "--user", "--scope", "--quiet", "--unit=urun-taken.scope", "sleep", "100")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Process.Kill(); _ = c.Wait() }()
	for exec.Command("systemctl", "--user", "is-active", "--quiet", "urun-taken.scope").Run() != nil {
		time.Sleep(50 * time.Millisecond)
	}
	run(t, "--name", "taken", "-m", "100m", rootfs, "true").Refused(t, 125, "urun-taken.scope", "another --name", "systemctl --user stop")
}

// withEnv runs urun with other variables.
func withEnv(t *testing.T, env []string, args ...string) testenv.Result {
	t.Helper()
	c := exec.Command(urun, args...)
	c.Env = append(os.Environ(), env...)
	return testenv.Finish(t, c)
}

// A bus that accepts and never answers costs some seconds.
func TestABusThatHangs(t *testing.T) {
	testenv.Unprivileged(t)
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	began := time.Now()
	// The user's bus, which is where it always is, is tried next.
	withEnv(t, []string{"DBUS_SESSION_BUS_ADDRESS=unix:path=" + path}, "-m", "100m", rootfs, "true").OK(t)
	if took := time.Since(began); took > 18*time.Second {
		t.Errorf("it took %v", took)
	}
	nothingIsLeft(t)
}

// An address that leads nowhere is passed over: the user's bus is where it always is.
func TestADeadAddressIsPassedOver(t *testing.T) {
	testenv.Unprivileged(t)
	for _, env := range [][]string{{"DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere"}, {"DBUS_SESSION_BUS_ADDRESS=", "XDG_RUNTIME_DIR="}, {"DBUS_SESSION_BUS_ADDRESS=unixexec:path=/bin/false"}} {
		file := t.TempDir() + "/result"
		r := withEnv(t, env, "-m", "100m", "--json", file, rootfs, "cat", "/sys/fs/cgroup/memory.max")
		r.OK(t)
		if o := readOutcome(t, file); r.Stdout != "104857600\n" || o.Unit == "" {
			t.Errorf("%v: %q %+v", env, r.Stdout, o)
		}
	}
}

// Where there is no systemd to ask and nothing is delegated, a limit cannot be had, and the line says what was tried.
func TestNeitherABusNorADelegatedCgroup(t *testing.T) {
	only(t, "session")
	run(t, "--cgroup", "cgroupfs", "-m", "100m", rootfs, "true").Refused(t, 125, "no cgroup can be had", "(--cgroup cgroupfs)", "session-", "not delegated to you", "Delegate=yes")
	// Nobody is at home in this user namespace: no bus is reachable, as under su.
	c := exec.Command("unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
		`mount -t tmpfs none /run/user && mount -t tmpfs none /run/dbus && exec "$0" -q -m 100m "$1" true`, urun, rootfs)
	testenv.Finish(t, c).Refused(t, 125, "no cgroup can be had", "tried the user's systemd", "tried to make one", "loginctl enable-linger")
	nothingIsLeft(t)
}

// A cgroup that someone delegated is used without systemd: the nearest that may have cgroups with controllers in it.
func TestCgroupsByHand(t *testing.T) {
	only(t, "user")
	file := t.TempDir() + "/result"
	result := func() outcome { return readOutcome(t, file) }
	// Beside the test itself, which has processes, and the kernel allows no controllers below those.
	r := run(t, "--cgroup", "cgroupfs", "-m", "100m", "--pids-limit", "20", "--json", file, rootfs, "sh", "-c", "cd /sys/fs/cgroup; cat memory.max pids.max /proc/self/cgroup")
	r.OK(t)
	if o := result(); r.Stdout != "104857600\n20\n0::/\n" || o.Unit != "" || !strings.Contains(o.Cgroup, "/app.slice/urun-") {
		t.Errorf("%q %+v", r.Stdout, o)
	}
	nothingIsLeft(t)
	r = run(t, "--cgroup", "cgroupfs", "-m", "100m", rootfs, "probe", "eat", "200")
	if r.Status != 137 || r.Stderr != oomLine {
		t.Errorf("exit status %d: %s", r.Status, r.Stderr)
	}

	// A service of its own: urun is alone in its cgroup and moves to a leaf, and everything is as before when it ends.
	own := `systemd-run --user --wait --quiet --pipe -p Delegate=yes -p 'ExecStopPost=sh -c "cat /sys/fs/cgroup/$(cut -d: -f3 /proc/self/cgroup | sed s,/[.]control,,)/cgroup.subtree_control >&2; ls -d /sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup | sed s,/[.]control,,)/urun* >&2; true"' `
	out, err := exec.Command("sh", "-c", own+urun+" --cgroup cgroupfs -m 100m --json "+file+" "+rootfs+" cat /sys/fs/cgroup/memory.max").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "104857600\n") || strings.Contains(string(out), "urun-self") {
		t.Errorf("%v: %s", err, out)
	}
	if o := result(); !strings.Contains(o.Cgroup, ".service/urun-") {
		t.Errorf("%+v", o)
	}
	nothingIsLeft(t)

	// A killed one is collected by the next.
	b := start(t, "--cgroup", "cgroupfs", "--name", "gone", "-m", "100m", rootfs, "probe", "sleep")
	b.sees("ready")
	dir := cgroupOf(t, "gone")
	b.kill()
	if _, err := os.Stat(dir); err != nil {
		t.Fatalf("systemd or the kernel removed what was made by hand: %v", err)
	}
	run(t, "--cgroup", "cgroupfs", rootfs, "true").OK(t)
	if _, err := os.Stat(dir); err == nil {
		t.Error("a start does not collect what a killed urun left")
	}
	nothingIsLeft(t)

	// A place that was named.
	run(t, "--cgroup-parent", filepath.Dir(dir), "-m", "100m", "--json", file, rootfs, "true").OK(t)
	if o := result(); filepath.Dir(o.Cgroup) != filepath.Dir(dir) {
		t.Errorf("%+v", o)
	}
	run(t, "--cgroup-parent", "/no/such/place", "-m", "100m", rootfs, "true").Refused(t, 125, "/no/such/place", "no such file")
	run(t, "--cgroup-parent", "/", "-m", "100m", rootfs, "true").Refused(t, 125, "not delegated to you")
	nothingIsLeft(t)
}
