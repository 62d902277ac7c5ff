//go:build vm

package vm

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// login is a shell of a user who has logged in through PAM, in a session of logind's. Only root can log others in.
type login struct {
	*testing.T
	cmd    *exec.Cmd
	in     io.WriteCloser
	lines  chan string
	user   string
	cgroup string // of the session
}

var lastLogin atomic.Int32

func logIn(t *testing.T, name string) *login {
	t.Helper()
	l := &login{T: t, user: name, lines: make(chan string, 10000)}
	l.cmd = exec.Command("systemd-run", "--quiet", "--wait", "--pipe", "--collect", fmt.Sprintf("--unit=login-%d", lastLogin.Add(1)),
		"-p", "TimeoutStopSec=5", "-p", "User="+name, "-p", "PAMName=login", "-E", "XDG_SESSION_TYPE=tty", "-E", "XDG_SESSION_CLASS=user",
		"-E", "HOME=/home/"+name, "-E", "PATH="+os.Getenv("PATH"), "bash", "--norc")
	out, err := l.cmd.StdoutPipe()
	if err == nil {
		l.in, err = l.cmd.StdinPipe()
	}
	if err == nil {
		err = l.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			l.lines <- s.Text()
		}
		close(l.lines)
	}()
	t.Cleanup(func() {
		l.in.Close()
		_ = l.cmd.Wait() // it may have been waited for
	})
	l.does("exec 2>&1; unset INVOCATION_ID SYSTEMD_EXEC_PID; cd")
	l.cgroup = strings.TrimPrefix(l.does("cat /proc/self/cgroup"), "0::")
	if !strings.Contains(l.cgroup, "/session-") {
		t.Fatalf("%s is in %s after a login", name, l.cgroup)
	}
	return l
}

// tries runs a line and gives what it prints, on stderr as well.
func (l *login) tries(line string) (out string, status int) {
	l.Helper()
	if _, err := io.WriteString(l.in, "{ "+line+"\n} </dev/null; printf '\\n@@%d\\n' $?\n"); err != nil {
		l.Fatal(err)
	}
	var all []string
	late := time.After(patience)
	for {
		select {
		case line, open := <-l.lines:
			if rest, ok := strings.CutPrefix(line, "@@"); ok {
				n, err := strconv.Atoi(rest)
				if err != nil {
					l.Fatal(err)
				}
				return strings.TrimSuffix(strings.Join(all, "\n"), "\n"), n
			}
			if !open {
				l.Fatalf("the session has ended at %s: %q", line, all)
			}
			all = append(all, line)
		case <-late:
			l.Fatalf("%s hangs: %q", line, all)
		}
	}
}

// does runs a line that must end well.
func (l *login) does(line string) string {
	l.Helper()
	out, status := l.tries(line)
	if status != 0 {
		l.Fatalf("%s: exit status %d: %s", line, status, out)
	}
	return out
}

// urun runs urun with a line of arguments.
func (l *login) urun(args string) string {
	l.Helper()
	return l.does(urun + " " + args)
}

// logOut ends the session; its cgroup goes when nothing is left in it.
func (l *login) logOut() {
	l.Helper()
	l.in.Close()
	_ = l.cmd.Wait() // the last line's status
	eventually(l, func() string {
		if b, err := os.ReadFile("/sys/fs/cgroup" + l.cgroup + "/cgroup.procs"); err == nil {
			return "the session stays: " + strings.ReplaceAll(string(b), "\n", " ")
		}
		return ""
	})
}

// rootfsOf is a root file system of a user's own.
func rootfsOf(t *testing.T, name string) string {
	t.Helper()
	dir := "/home/" + name + "/rootfs"
	if out, err := exec.Command("sh", "-c", `rm -rf "$2" && cp -a "$1" "$2" && chown -R "$3": "$2"`, "sh", rootfs, dir, name).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// logind has logind be so for one test: what it does with the processes of a session that ends, and with the user's systemd.
func logind(t *testing.T, kill bool) {
	t.Helper()
	const dir = "/run/systemd/logind.conf.d"
	restart := func() {
		if out, err := exec.Command("systemctl", "restart", "systemd-logind").CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	}
	value := map[bool]string{true: "yes", false: "no"}[kill]
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/test.conf", []byte("[Login]\nKillUserProcesses="+value+"\nUserStopDelaySec=1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	restart()
	t.Cleanup(func() {
		os.Remove(dir + "/test.conf")
		restart()
	})
}

// ofUser is what there is of a user's containers: scopes, records, processes of urun.
func ofUser(t testing.TB, name string) (left []string) {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir("/sys/fs/cgroup/user.slice/user-"+u.Uid+".slice", func(path string, d fs.DirEntry, err error) error {
		// Not a slice: systemd keeps what --cgroup-parent once named as long as the user's manager lives.
		if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), "urun-") && !strings.HasSuffix(d.Name(), ".slice") {
			left = append(left, path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	records, _ := filepath.Glob("/run/user/" + u.Uid + "/urun/*/*")
	out, _ := exec.Command("pgrep", "-a", "-u", u.Uid, "urun|probe|slirp4netns|pasta").Output() // 1: there are none
	if len(out) > 0 {
		left = append(left, "processes: "+strings.ReplaceAll(strings.TrimSpace(string(out)), "\n", ", "))
	}
	return append(left, records...)
}

// nothingOf waits until nothing is left.
func nothingOf(t testing.TB, name string) {
	t.Helper()
	eventually(t, func() string {
		if left := ofUser(t, name); len(left) > 0 {
			return fmt.Sprintf("left behind: %v", left)
		}
		return ""
	})
}

// Who lingers may log out: the container and what looks after it are in scopes of the user's systemd, also where logind ends
// all that a session leaves behind.
func TestLogoutLeavesTheContainersOfWhoLingers(t *testing.T) {
	only(t, "root")
	logind(t, true)
	root := rootfsOf(t, "dev")
	for _, net := range []string{"gvisor", "slirp4netns", "pasta"} {
		t.Run(net, func(t *testing.T) {
			if net == "pasta" && oldPasta() {
				t.Skip("Debian 12's pasta, of which urun warns")
			}
			l := logIn(t, "dev")
			out := l.urun("-d --name stays -m 100m --net " + net + " -p 18080:80 " + root + " probe serve echo tcp :80")
			if !wholeID.MatchString(out + "\n") {
				t.Errorf("it prints %q", out)
			}
			in := inspectedIn(t, l.urun("inspect stays"))
			if !strings.HasSuffix(in.Cgroup.Path, "/urun-stays.scope") {
				t.Errorf("it is in %+v", in.Cgroup)
			}
			if n := movedOut(t, "stays", in); n < 1 {
				t.Error("there is a network, and no helper")
			}
			says(t, "ok 1", here("many", "127.0.0.1:18080", "1"))
			l.logOut()

			l = logIn(t, "dev")
			if out := l.urun("ps"); !strings.Contains(out, "Up ") || !strings.Contains(out, "stays") {
				t.Errorf("after a logout ps says %s", out)
			}
			if again := inspectedIn(t, l.urun("inspect stays")); again.State != in.State {
				t.Errorf("before %+v, after %+v", in.State, again.State)
			}
			if out := l.urun("exec stays cat /proc/self/cgroup"); out != "0::/" {
				t.Errorf("exec says %s", out)
			}
			says(t, "ok 1", here("many", "127.0.0.1:18080", "1"))
			if out := l.urun("logs stays"); !strings.Contains(out, "listening") || strings.Count(out, "from ") != 2 {
				t.Errorf("the log has %s", out)
			}
			if out := l.urun("stop stays"); out != "stays" {
				t.Errorf("stop says %s", out)
			}
			if out := l.urun("ps -a"); !strings.Contains(out, "Exited (") {
				t.Errorf("after a stop ps says %s", out)
			}
			l.urun("rm stays")
			nothingOf(t, "dev")
			l.logOut()
		})
	}
}

// And what is run in it from a session is that session's and the container's: it may end with either.
func TestExecFromALoginThatEnds(t *testing.T) {
	only(t, "root")
	logind(t, true)
	root := rootfsOf(t, "dev")
	l := logIn(t, "dev")
	l.urun("-d --name stays " + root + " probe sleep 1000")
	in := inspectedIn(t, l.urun("inspect stays"))
	movedOut(t, "stays", in)
	l.urun("exec -d stays sleep 7654")
	l.does(urun + " exec stays sleep 8765 & true")
	dir := in.Cgroup.Path
	if _, err := os.Stat(dir + "/container"); err == nil {
		dir += "/container"
	}
	processIn(t, dir, "sleep", "7654")
	processIn(t, dir, "sleep", "8765")
	l.logOut()
	eventually(t, func() string {
		if exec.Command("pgrep", "-f", "^sleep 8765$").Run() == nil {
			return "its urun has ended with the session, and the command lives on"
		}
		return ""
	})
	processIn(t, dir, "sleep", "7654")
	l = logIn(t, "dev")
	l.urun("rm -f stays")
	nothingOf(t, "dev")
	l.logOut()
}

// Who does not linger is told that logout ends the container, and it does.
func TestLogoutEndsTheContainersOfWhoDoesNotLinger(t *testing.T) {
	only(t, "root")
	const name = "guest"
	if _, err := user.Lookup(name); err != nil {
		if out, err := exec.Command("sh", "-c", "useradd --create-home --shell /bin/bash "+name+" && grep -q ^guest: /etc/subuid || echo guest:300000:65536 | tee -a /etc/subuid >>/etc/subgid").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	root := rootfsOf(t, name)
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, kill := range []bool{false, true} {
		t.Run(fmt.Sprintf("KillUserProcesses=%v", kill), func(t *testing.T) {
			logind(t, kill)
			l := logIn(t, name)
			out := l.urun("-d --name goes -m 100m --net gvisor " + root + " probe catch USR1")
			lines := strings.Split(out, "\n")
			if len(lines) != 2 || !slices.ContainsFunc(lines, func(s string) bool { return wholeID.MatchString(s + "\n") }) {
				t.Fatalf("it prints %q", out)
			}
			for _, want := range []string{"urun: ", "logout ends this container", "loginctl enable-linger"} {
				if !strings.Contains(out, want) {
					t.Errorf("the line does not say %q: %s", want, out)
				}
			}
			if out := l.urun("-d -q --rm --net none " + root + " true"); strings.Contains(out, "linger") {
				t.Errorf("with --quiet it says %s", out)
			}
			in := inspectedIn(t, l.urun("inspect goes"))
			movedOut(t, "goes", in)
			log := l.does(urun + " inspect --format '{{.LogPath}}' goes")

			// Another session of the same user: the first to end is not the last.
			other := logIn(t, name)
			l.logOut()
			time.Sleep(3 * time.Second)
			if out := other.urun("ps"); !strings.Contains(out, "Up ") {
				t.Errorf("one of two sessions has ended, and ps says %s", out)
			}
			other.logOut()
			eventually(t, func() string {
				out, _ := exec.Command("systemctl", "is-active", "user@"+u.Uid+".service").Output() // its status says the same
				if s := strings.TrimSpace(string(out)); s != "inactive" {
					return "user@.service is " + s
				}
				return ""
			})
			nothingOf(t, name)
			if out, _ := exec.Command("pgrep", "-a", "-u", u.Uid).Output(); len(out) > 0 {
				t.Errorf("processes live on: %s", out)
			}
			if b, err := os.ReadFile(log); err != nil || !strings.Contains(string(b), " SIGTERM\n") {
				t.Errorf("its end was not in order: %v: %s", err, b)
			}

			l = logIn(t, name)
			if out := l.urun("ps -aq"); out != "" {
				t.Errorf("after the next login ps -aq says %s", out)
			}
			l.urun("-d -q --name goes --net none " + root + " probe sleep 1000") // its name is free
			if out := l.urun("ps"); !strings.Contains(out, "Up ") {
				t.Errorf("ps says %s", out)
			}
			l.urun("rm -f goes")
			nothingOf(t, name)
			l.logOut()
		})
	}
}
