package hostile

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// desktop is what a login session has around it: sockets that answer, and the variables that name them.
type desktop struct {
	runtime, home, project string
	env                    []string
	sockets                map[string][]string // arguments of the probe's connect, by what it is
}

// login makes one. Its project lies in the home directory, which lies below /var/tmp only because a test may not
// write to the user's own: so a directory beside the repository stands for it.
func login(t *testing.T) *desktop {
	t.Helper()
	d := &desktop{runtime: kit.Dir(t), home: home(t)}
	d.project = filepath.Join(d.home, "project")
	if err := os.Mkdir(d.project, 0o755); err != nil {
		t.Fatal(err)
	}
	agent, err := os.MkdirTemp("/tmp", "ssh-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(agent) })
	abstract := "urun-test-" + filepath.Base(agent)
	d.sockets = map[string][]string{
		"user bus":             {"unix", d.runtime + "/bus"},
		"systemd's socket":     {"unix", d.runtime + "/private"},
		"podman.sock":          {"unix", d.runtime + "/podman.sock"},
		"an agent":             {"unix", agent + "/agent.1"},
		"an abstract socket":   {"abstract", abstract},
		"a socket in the home": {"unix", d.home + "/socket"},
	}
	for _, at := range d.sockets {
		address := at[1]
		if at[0] == "abstract" {
			address = "@" + address
		}
		l, err := net.Listen("unix", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				c.Close()
			}
		}()
	}
	d.env = append(os.Environ(), "XDG_RUNTIME_DIR="+d.runtime, "DBUS_SESSION_BUS_ADDRESS=unix:path="+d.runtime+"/bus", "DBUS_OTHER=x",
		"SSH_AUTH_SOCK="+agent+"/agent.1", "CONTAINER_SOCK=x", "MY_SOCK=x", "KEPT=yes", "HOME="+d.home)
	return d
}

// home is a directory outside /tmp and /var/tmp, as homes are.
func home(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err == nil {
		err = os.MkdirAll(cache, 0o755)
	}
	if err != nil {
		testenv.Skip(t, "the user has no directory of its own: "+err.Error())
	}
	dir, err := os.MkdirTemp(cache, "urun-test")
	if err != nil {
		testenv.Skip(t, "the user has no directory of its own: "+err.Error())
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// run runs a command in the host's root with the project writable.
func (d *desktop) run(t *testing.T, flags []string, command ...string) testenv.Result {
	t.Helper()
	probe := filepath.Join(d.home, "probe")
	if _, err := os.Stat(probe); err != nil {
		text, err := os.ReadFile(kit.Probe)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(probe, text, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for i, word := range command {
		if word == "probe" {
			command[i] = probe
		}
	}
	args := append(append([]string{"--read-only", "-v", d.project}, flags...), "/")
	c := exec.Command(kit.Urun, append(args, command...)...)
	c.Dir, c.Env = d.project, d.env
	return testenv.Finish(t, c)
}

// hostRoot runs the test for each way to have the ids with the host's root.
func hostRoot(t *testing.T, test func(t *testing.T, userns string)) {
	testenv.Mappings(t, test)
	t.Run("keep-id", func(t *testing.T) {
		if !testenv.HasRange() {
			testenv.Skip(t, "no subordinate ids, or no newuidmap")
		}
		test(t, "--userns=keep-id")
	})
}

func TestSocketsOfTheSessionAreOutOfReach(t *testing.T) {
	hostRoot(t, func(t *testing.T, userns string) {
		d := login(t)
		for what, at := range d.sockets {
			for _, mode := range []string{"--init", "--no-init"} {
				r := d.run(t, []string{userns, mode}, "probe", "connect", at[0], at[1])
				// The limit that the man page tells: the command sees the home directory, and so what is in it.
				if want := what == "a socket in the home"; !r.Lacks(t) && (r.Status == 0) != want {
					t.Errorf("%s: reached: %v, want %v: %s%s", what, r.Status == 0, want, r.Stdout, r.Stderr)
				}
			}
		}
	})
}

func TestTheEnvironmentNamesNoSocket(t *testing.T) {
	hostRoot(t, func(t *testing.T, userns string) {
		d := login(t)
		r := d.run(t, []string{userns}, "probe", "env")
		r.OK(t)
		for _, line := range r.Lines() {
			name, _, _ := strings.Cut(line, "=")
			if strings.HasSuffix(name, "_SOCK") || strings.HasPrefix(name, "DBUS_") || name == "XDG_RUNTIME_DIR" {
				t.Error(line)
			}
		}
		for _, want := range []string{"KEPT=yes\n", "container=urun\n", "HOME=" + d.home + "\n"} {
			if !strings.Contains(r.Stdout, want) {
				t.Errorf("no %sin\n%s", want, r.Stdout)
			}
		}
	})
}

func TestOnlyTheProjectCanBeWritten(t *testing.T) {
	hostRoot(t, func(t *testing.T, userns string) {
		d := login(t)
		for _, at := range []string{d.home + "/x", d.home + "/.profile", "/x", "/etc/x", "/usr/x", "/sys/x", "/var/x", d.runtime + "/../../../../home/x"} {
			if r := d.run(t, []string{userns}, "probe", "write", at, "x"); !r.Lacks(t) && r.Status != 1 {
				t.Errorf("write %s: exit status %d %s", at, r.Status, r.Stdout+r.Stderr)
			}
		}
		x := filepath.Base(d.home) // nobody else's name
		for _, at := range []string{"/tmp/" + x, "/var/tmp/" + x, "/dev/shm/" + x} {
			d.run(t, []string{userns}, "probe", "write", at, "x").OK(t)
			if _, err := os.Stat(at); err == nil {
				t.Errorf("%s is on the host", at)
			}
		}
		// Relative: the working directory is the caller's.
		d.run(t, []string{userns}, "probe", "write", "made", "inside").OK(t)
		text, err := os.ReadFile(d.project + "/made")
		if err != nil || string(text) != "inside\n" {
			t.Errorf("the project has %q: %v", text, err)
		}
		var st syscall.Stat_t
		if err := syscall.Stat(d.project+"/made", &st); err != nil || int(st.Uid) != os.Getuid() || int(st.Gid) != os.Getgid() {
			t.Errorf("it belongs to %d:%d: %v", st.Uid, st.Gid, err)
		}
	})
}

func TestTheHostRootCannotBeMadeWritable(t *testing.T) {
	hostRoot(t, func(t *testing.T, userns string) {
		d := login(t)
		for _, command := range [][]string{
			{"probe", "mount", "none", "none", "/", "remount,bind"},
			{"probe", "mount", "none", d.project, d.home, "bind"},
			{"probe", "mount", "tmpfs", "x", "/mnt"},
			{"probe", "umount", "/tmp"},
			{"probe", "umount", "/proc"},
		} {
			if r := d.run(t, []string{userns}, command...); !r.Lacks(t) && r.Stdout != "EPERM\n" {
				t.Errorf("%v: %s%s", command[1:], r.Stdout, r.Stderr)
			}
		}
	})
}

func TestTheHostsProcessesAreOutOfSight(t *testing.T) {
	hostRoot(t, func(t *testing.T, userns string) {
		r := login(t).run(t, []string{userns}, "sh", "-c", "ls -d /proc/[0-9]* | wc -l; ls /run /tmp | grep -v '^$\\|:$'; true")
		r.OK(t)
		if n := r.Lines()[0]; n != "2" && n != "3" && n != "4" {
			t.Errorf("%s processes", n)
		}
	})
}
