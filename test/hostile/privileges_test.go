package hostile

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/urun-project/urun/test/testenv"
)

// An inheritable capability comes back with a file capability (CVE-2022-24769).
func TestPrivilegesReadBack(t *testing.T) {
	const none = "0000000000000000"
	const basic = "00000000800405fb" // the default set
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		for _, c := range []struct{ user, effective string }{{"0", basic}, {"1000", none}} {
			if c.user != "0" && userns == "--userns=single" {
				continue
			}
			for _, mode := range []string{"--init", "--no-init"} {
				r := kit.Run(t, userns, mode, "-u", c.user, rootfs, "probe", "caps")
				r.OK(t)
				want := "CapInh " + none + "\nCapPrm " + c.effective + "\nCapEff " + c.effective + "\nCapBnd " + basic + "\nCapAmb " + none + "\nNoNewPrivs 1\n"
				if !strings.HasPrefix(r.Stdout, want) {
					t.Errorf("user %s, %s: got\n%swant\n%s", c.user, mode, r.Stdout, want)
				}
			}
		}
	})
}

// What a caller could drop by leaving a group is kept out of reach (CVE-2014-8989, CVE-2018-7169).
func TestSetgroupsWithOneIDIsDenied(t *testing.T) {
	testenv.Unprivileged(t)
	r := kit.Run(t, "--userns=single", kit.Rootfs(t), "probe", "ids")
	r.OK(t)
	if !strings.Contains(r.Stdout, "setgroups deny\n") {
		t.Error(r.Stdout)
	}
}

func TestTheIDMapIsFinal(t *testing.T) {
	const attempts = `show() { cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups; }; before=$(show)
		echo '0 0 1' >/proc/1/uid_map; echo '0 0 1' >/proc/self/gid_map; echo allow >/proc/self/setgroups
		[ "$before" = "$(show)" ] && echo the same`
	testenv.Mappings(t, func(t *testing.T, userns string) {
		if r := kit.Run(t, userns, kit.Rootfs(t), "sh", "-c", attempts); !r.Lacks(t) && r.Stdout != "the same\n" {
			t.Errorf("exit status %d\n%s%s", r.Status, r.Stdout, r.Stderr)
		}
	})
}

// onTerminal runs urun with the slave of a new pty as its controlling terminal and returns what came out of it.
func onTerminal(t *testing.T, args ...string) (*exec.Cmd, *os.File, *bytes.Buffer) {
	t.Helper()
	c := exec.Command(kit.Urun, args...)
	master, err := pty.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = out.ReadFrom(master) // EIO is its end
	}()
	stop := time.AfterFunc(testenv.Deadline, func() { c.Process.Kill() })
	err = c.Wait()
	if !stop.Stop() {
		t.Fatalf("%v hangs: %s", c.Args, out.String())
	}
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		t.Fatal(err)
	}
	master.Close()
	<-done
	if r := (testenv.Result{Stderr: strings.ReplaceAll(out.String(), "\r", ""), Status: c.ProcessState.ExitCode()}); r.Lacks(t) {
		t.SkipNow()
	}
	return c, master, &out
}

// The caller's terminal is not the container's, with and without a pty of its own: nothing can be typed into it
// (CVE-2017-5226, CVE-2019-10063, CVE-2023-28100).
func TestNothingCanBeTypedIntoTheCallersTerminal(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		for _, mode := range []string{"--init", "--no-init"} {
			_, _, out := onTerminal(t, userns, mode, "--no-tty", rootfs, "probe", "tiocsti")
			got := strings.ReplaceAll(out.String(), "\r", "")
			if lines := strings.Split(strings.TrimSpace(got), "\n"); len(lines) != 4 || strings.Contains(got, "ok") {
				t.Errorf("%s: on the caller's terminal:\n%s", mode, got)
			}
			_, _, out = onTerminal(t, userns, mode, "--no-tty", rootfs, "sh", "-c", `true </dev/tty && echo has a terminal; setsid sh -c "true </dev/tty" && echo got one;
				[ "$(cut -d' ' -f6 /proc/self/stat)" = 1 ] || echo not its own session; setsid -c sh -c "true </dev/tty" && echo took it; echo all tried`)
			if !strings.Contains(out.String(), "all tried") {
				t.Errorf("%s: %s", mode, out)
			}
			for _, bad := range []string{"has a terminal", "got one", "not its own session", "took it"} {
				if strings.Contains(strings.ReplaceAll(out.String(), "sh: ", ""), bad) {
					t.Errorf("%s: %s: %s", mode, bad, out)
				}
			}
		}
	})
}

func TestTheCommandHasASessionOfItsOwn(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		for _, mode := range []string{"--no-tty", "-t"} {
			r := kit.Run(t, userns, mode, rootfs, "sh", "-c", "cut -d' ' -f6 /proc/self/stat") // session
			r.OK(t)
			if got := strings.TrimSpace(r.Stdout); got != "1" {
				t.Errorf("%s: the session is %q, want that of the first process", mode, got)
			}
		}
	})
}
