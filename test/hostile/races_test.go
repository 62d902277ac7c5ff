package hostile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
)

// exchange exchanges two names, again and again until the test ends.
func exchange(t *testing.T, a, b string) {
	t.Helper()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				if err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE); err != nil {
					t.Error(err)
					return
				}
				time.Sleep(10 * time.Microsecond) // a hundred times in a start; more take the CPU that this needs
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-stopped })
}

// race is a directory of the rootfs that is exchanged with a link while containers start.
type race struct {
	name, dir string
	link      string   // where the link leads to; CANARY is a tree beside the rootfs
	flags     []string // VOLUME is a directory
	command   string   // it prints what is wrong; $1 is the name of VOLUME
}

func racing() []race {
	const pwd = `case "$(pwd -P)" in /*) ;; *) echo outside;; esac; echo escaped >x`
	return []race{
		{"target", "a", "CANARY", []string{"--volume=VOLUME:/a/target", "--volume=VOLUME:/a/new", "--tmpfs=/a/tmp"},
			`for d in target new tmp; do echo escaped >/a/$d/x; done; [ "$(mounts | grep -c "$1")" = 2 ] || echo outside`},
		{"dev", "dev", "../canary/dev", []string{"-t"}, `echo escaped >/dev/null; echo escaped >/dev/shm/x; echo escaped >/dev/pts/x; mounts | grep -q ' - devpts ' || echo outside`},
		{"proc", "proc", "../canary/proc", nil, `echo 0 >/proc/self/oom_score_adj; echo escaped >/proc/x; mounts | grep -q ' - proc ' || echo outside`},
		{"etc", "etc", "../canary/etc", []string{"--add-host=mine:192.0.2.7", "--dns=192.0.2.1"}, `echo escaped >>/etc/hosts; mounts | grep -q '/hosts ' || echo outside`},
		{"working directory", "a", "../../../../../../../CANARY", []string{"--workdir=/a"}, pwd},
		{"working directory that is a descriptor", "a", "/proc/self/fd/7", []string{"--workdir=/a"}, pwd},
	}
}

// mounts lists, inside, what is mounted below the root: what was mounted elsewhere is not. /proc may be the directory that
// has another name just now.
const mounts = `mounts() {
	n=0; while [ $n -lt 1000 ]; do
		n=$((n+1)); for p in /proc /exchanged; do [ -e $p/self/mountinfo ] && cat $p/self/mountinfo && return; done
	done
}
`

// A directory of the rootfs is exchanged with a link out of it, again and again, while containers start
// (CVE-2021-30465).
func TestARenamedDirectoryIsNoWayOut(t *testing.T) {
	for _, c := range racing() {
		t.Run(c.name, func(t *testing.T) {
			testenv.Mappings(t, func(t *testing.T, userns string) {
				rootfs, volume := kit.Rootfs(t), source(t)
				canary := targets(t, rootfs)
				dir, link := filepath.Join(rootfs, c.dir), filepath.Join(rootfs, "exchanged")
				if err := os.MkdirAll(filepath.Join(dir, "target"), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(strings.ReplaceAll(c.link, "CANARY", canary), link); err != nil {
					t.Fatal(err)
				}
				args := []string{userns, "--net=none"}
				for _, flag := range c.flags {
					args = append(args, strings.ReplaceAll(flag, "VOLUME", volume))
				}
				// What it complains about is that the exchange goes on while it runs.
				args = append(args, rootfs, "sh", "-c", "exec 2>&-; "+mounts+c.command+"; exit 0", "sh", filepath.Base(volume))
				exchange(t, dir, link)
				works, refused := 0, 0
				for range races(t) / 2 { // the other half with the other ids
					r := leaky(t, args...)
					switch {
					case r.Status == 0:
						if works++; r.Stdout != "" || r.Stderr != "" {
							t.Fatalf("%s%s", r.Stdout, r.Stderr)
						}
					default:
						r.Refused(t, 125)
						refused++
					}
				}
				raced(t, works, refused)
			})
		})
	}
}

// raced looks at whether both happened that the exchange is about.
func raced(t *testing.T, works, refused int) {
	t.Helper()
	t.Logf("%d worked, %d were refused", works, refused)
	if works == 0 && works+refused >= 100 && os.Getenv("URUN_TEST_WITHOUT") == "" {
		t.Error("nothing worked")
	}
}

// targets is a canary in which everything exists that the races name.
func targets(t *testing.T, rootfs string) string {
	t.Helper()
	canary := filepath.Join(filepath.Dir(rootfs), "canary")
	for _, dir := range []string{"target", "sys", "run", "dev/pts", "dev/shm", "dev/mqueue"} {
		if err := os.MkdirAll(filepath.Join(canary, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return testenv.Canary(t, rootfs)
}

// The rootfs itself is exchanged with another one. What was looked at before the start, its users here, is of the one
// that the command then has.
func TestARenamedRootfsIsOneOrTheOther(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		targets(t, rootfs)
		other := filepath.Join(filepath.Dir(rootfs), "other")
		if err := os.Symlink("canary", other); err != nil { // it has the mount points, no command, and no such user
			t.Fatal(err)
		}
		user := "--user=root"
		if userns != "--userns=single" {
			user = "--user=user"
		}
		exchange(t, rootfs, other)
		works, refused := 0, 0
		for range races(t) / 2 { // the other half with the other ids
			r := kit.Run(t, userns, "--net=none", user, rootfs, "/bin/busybox", "id", "-u")
			if want := map[string]string{"--user=root": "0\n", "--user=user": "1000\n"}[user]; r.Status == 0 && r.Stdout == want {
				works++
				continue
			}
			status := 125
			if r.Status == 127 {
				status = 127 // it is all the other one
			}
			r.Refused(t, status)
			refused++
		}
		raced(t, works, refused)
	})
}
