package faults

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// altered runs urun on a machine whose /etc/subuid, /etc/subgid, newuidmap and newgidmap are others. That machine is a
// user namespace with a range of ids, in which the test's user may mount, and in which a set-user-ID program of its root
// is one: so newuidmap really works there. urun runs as a user of it that has the number and the name of the test's.
func altered(t *testing.T, change string, args ...string) testenv.Result {
	t.Helper()
	testenv.Need(t, "unshare", "setpriv", "newuidmap")
	if !testenv.HasRange() {
		testenv.Skip(t, "no subordinate ids, or no newuidmap")
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir := kit.Dir(t)
	script := `set -e; cd "$1"; me=$2; id=$3; shift 3
		mount -t tmpfs -o mode=755 none .; cd "$PWD"
		printf '%s:2000:300\n' "$me" >subuid; cp subuid subgid
		for h in newuidmap newgidmap; do cp "$(command -v $h)" $h; chmod 4755 $h; done
		` + change + `
		for f in subuid subgid; do [ ! -e $f ] || mount --bind $f /etc/$f; done
		for h in newuidmap newgidmap; do mount --bind $h "$(command -v $h)"; done
		cd /; exec setpriv --reuid="$id" --regid="$id" --clear-groups -- "$@"`
	line := append([]string{"--user", "--map-root-user", "--map-auto", "--mount", "sh", "-c", script, "sh", dir, me.Username, me.Uid, kit.Urun}, args...)
	return testenv.Finish(t, exec.Command("unshare", line...))
}

const uidMap = "cat /proc/self/uid_map | tr -s ' '; cat /proc/self/gid_map | tr -s ' '"

func TestRangesThatWork(t *testing.T) {
	testenv.Unprivileged(t)
	rootfs := kit.Rootfs(t)
	me := fmt.Sprintf(" 0 %d 1\n", os.Getuid())
	for _, c := range []struct{ name, change, then string }{
		{"300 ids", "", me + " 1 2000 300\n"},
		{"ten ids", `echo $me:2000:10 >subuid; cp subuid subgid`, me + " 1 2000 10\n"},
		{"one id", `echo $me:2000:1 >subuid; cp subuid subgid`, me + " 1 2000 1\n"},
		{"by number", `echo $id:3000:20 >subuid; cp subuid subgid`, me + " 1 3000 20\n"},
		{"two ranges", `printf "$me:2000:10\n$me:4000:5\n" >subuid; cp subuid subgid`, me + " 1 2000 10\n 11 4000 5\n"},
		{"comments and blank lines", `printf "# mine\n\n$me:2000:10\n\n" >subuid; cp subuid subgid`, me + " 1 2000 10\n"},
		{"the last of 100,000 lines", `seq 1 100000 | sed 's/$/:9:1/; s/^/nobody-/' >subuid; echo $me:2000:10 >>subuid; cp subuid subgid`, me + " 1 2000 10\n"},
		{"no newline at the end", `printf $me:2000:10 >subuid; cp subuid subgid`, me + " 1 2000 10\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := altered(t, c.change, "--net=none", rootfs, "sh", "-c", uidMap)
			r.OK(t)
			if want := c.then + c.then; r.Stdout != want {
				t.Errorf("the maps are\n%swant\n%s", r.Stdout, want)
			}
		})
	}
}

// Without a range there is one id, and one line says why and who can mend it. Where the range was asked for, by maps, it
// is an error.
func TestRangesAndHelpersThatDoNotWork(t *testing.T) {
	testenv.Unprivileged(t)
	rootfs := kit.Rootfs(t)
	both := func(text string) string { return "printf '" + text + "' >subuid; cp subuid subgid" }
	helper := func(body string) string {
		return `for h in newuidmap newgidmap; do printf '#!/bin/sh\n` + body + `\n' >$h; chmod 4755 $h; done`
	}
	for _, c := range []struct {
		name, change string
		says         []string
	}{
		{"no lines", both(""), []string{"/etc/subuid", "usermod"}},
		{"no lines of the user's", both("nobody-here:1:2\\n"), []string{"/etc/subuid", "usermod"}},
		{"no ids in the range", `echo $me:2000:0 >subuid; cp subuid subgid`, []string{"subuid"}},
		{"uids only", `: >subgid`, []string{"subgid"}},
		{"malformed", `echo $me:many:ids >subuid; cp subuid subgid`, []string{"/etc/subuid"}},
		{"half a line", `echo $me:2000 >subuid; cp subuid subgid`, []string{"/etc/subuid"}},
		{"a range beyond the ids", `echo $me:4294967290:100 >subuid; cp subuid subgid`, []string{"subuid"}},
		{"a range that does not exist here", `echo $me:500000:100 >subuid; cp subuid subgid`, []string{"exist"}},
		{"newuidmap absent", `mount --bind /dev/null newuidmap`, []string{"newuidmap"}},
		{"newuidmap without privileges", `chmod 755 newuidmap`, []string{"newuidmap"}},
		{"newuidmap not executable", `chmod 000 newuidmap`, []string{"newuidmap"}},
		{"newuidmap fails", helper("echo cannot be >&2; exit 1"), []string{"newuidmap", "cannot be"}},
		{"newuidmap is killed", helper("kill -9 $$"), []string{"newuidmap", "signal 9"}},
		{"newuidmap is garbage", `for h in newuidmap newgidmap; do echo garbage >$h; done`, []string{"newuidmap"}},
		{"newuidmap says two lines and nothing printable", helper("printf '\\\\033[2Jone\\\\ntwo\\\\n' >&2; exit 1"), []string{"newuidmap"}},
		{"newuidmap hangs", helper("exec sleep 1000"), []string{"newuidmap", "10s"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := altered(t, c.change, "--net=none", rootfs, "sh", "-c", uidMap)
			if want := fmt.Sprintf(" 0 %d 1\n", os.Getuid()); r.Status != 0 || r.Stdout != want+want {
				t.Errorf("exit status %d, the maps are\n%swant one id", r.Status, r.Stdout)
			}
			line, more, _ := strings.Cut(r.Stderr, "\n")
			if !strings.HasPrefix(line, "urun: only one id is mapped") || more != "" || strings.ContainsAny(line, "\x1b\x00") {
				t.Errorf("want one line about one id, got %q", r.Stderr)
			}
			for _, word := range c.says {
				if !strings.Contains(line, word) {
					t.Errorf("the line does not say %q: %s", word, line)
				}
			}
			if c.name == "newuidmap hangs" {
				return // ten seconds once are enough
			}
			if quiet := altered(t, c.change, "-q", "--net=none", rootfs, "true"); quiet.Status != 0 || quiet.Stderr != "" {
				t.Errorf("with -q: exit status %d, %s", quiet.Status, quiet.Stderr)
			}
			altered(t, c.change, "-q", "--strict", "--net=none", rootfs, "true").Refused(t, 125, append(c.says, "--strict: only one id is mapped")...)
		})
	}
}

func TestMapsThatWereAskedForAreNotLeftOut(t *testing.T) {
	testenv.Unprivileged(t)
	rootfs := kit.Rootfs(t)
	for _, change := range []string{`mount --bind /dev/null newuidmap`, `printf '#!/bin/sh\nexit 1\n' >newuidmap`, `: >subuid`} {
		r := altered(t, change, "--uidmap", fmt.Sprintf("0:%d:1", os.Getuid()), "--uidmap", "1:2000:10", rootfs, "true")
		r.Refused(t, 125)
	}
}
