package hostile

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

// The caller's session keyring has tickets and keys of encrypted file systems in it (CVE-2014-9529 and others were ways
// to it).
func TestTheCallersKeysAreOutOfReach(t *testing.T) {
	const name = "urun-test-secret"
	const none = "session ENOKEY\nuser ENOKEY\nuser session ENOKEY\n"
	testenv.Unprivileged(t)
	if r := testenv.Finish(t, exec.Command(kit.Probe, "keys", "with", name, kit.Probe, "keys", "find", name)); !strings.HasPrefix(r.Stdout, "session ok\n") {
		testenv.Skip(t, "this kernel has no keys: "+r.Stdout)
	}
	// Who uses up the user's keys fails the containers that the tests of other packages start meanwhile. In a virtual
	// machine there are none.
	hows := []string{"with"}
	if os.Getenv("URUN_TEST_VM") != "" {
		hows = append(hows, "full")
	}
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		with := func(how string, args ...string) testenv.Result {
			if how == "with" {
				keysAreFree(t)
			}
			return testenv.Finish(t, h.Host(kit.Probe, append([]string{"keys", how, name, h.Urun}, args...)...))
		}
		for _, how := range hows {
			// The filter refuses to look at keys at all; without it nothing is found.
			for _, flags := range [][]string{{"--init", "--seccomp=unconfined"}, {"--no-init", "--seccomp=unconfined"}, {"-t", "--seccomp=unconfined"}} {
				r := with(how, h.Args(flags, "probe", "keys", "find", name)...)
				// When a user may have no more keys, the containers share one keyring if there is one.
				if r.Status == 125 && how == "full" {
					r.Refused(t, 125, "key")
					continue
				}
				if !r.Lacks(t) && strings.ReplaceAll(r.Stdout, "\r", "") != none {
					t.Errorf("%s, %v: exit status %d\n%s%s", how, flags, r.Status, r.Stdout, r.Stderr)
				}
			}
		}
		with("with", h.Args([]string{"-d", "--name=a", "--seccomp=unconfined"}, "sleep", "1000")...).OK(t)
		for _, how := range hows {
			r := with(how, "exec", "a", "probe", "keys", "find", name)
			if r.Status == 125 && how == "full" {
				r.Refused(t, 125, "key")
				continue
			}
			if r.Stdout != none {
				t.Errorf("exec %s: exit status %d\n%s%s", how, r.Status, r.Stdout, r.Stderr)
			}
		}
		h.Run("rm", "-f", "a").OK(t)
	})
}

// keysAreFree waits until the user may have more keys: those of "full" are there for a moment after it has ended.
func keysAreFree(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(testenv.Deadline); ; time.Sleep(10 * time.Millisecond) {
		users, err := os.ReadFile("/proc/key-users") // "uid: usage keys/instantiated keys/quota bytes/quota" a line
		if err != nil {
			t.Fatal(err)
		}
		_, line, _ := strings.Cut("\n"+string(users), fmt.Sprintf("\n%5d:", os.Getuid()))
		line, _, _ = strings.Cut(line, "\n")
		var usage, keys, instantiated, have, may int
		if n, _ := fmt.Sscanf(line, "%d %d/%d %d/%d", &usage, &keys, &instantiated, &have, &may); n < 5 || have+10 < may {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the keys are used up: %s", line)
		}
	}
}
