// Package doctor holds what urun doctor says against what urun then does, on machines that lack something.
package doctor

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

var kit *testenv.Kit

func TestMain(m *testing.M) { testenv.Main(m, &kit) }

// report is what of urun doctor --json a program may rely on.
type report struct {
	Works                  bool
	Summary, Rung, Network string
	Limits                 []string
	Checks                 []struct{ Name, State, Found, Means, Fix, Who, Meanwhile string }
	Lost                   []struct{ Property, Lost, Cause, Fix, Who, Meanwhile string }
}

// namespaced runs a command in a user namespace of its own, where its root can take things away first.
func namespaced(first string) []string {
	return []string{"unshare", "--user", "--map-root-user", "--mount", "sh", "-c", first + ` && exec "$@"`, "sh"}
}

// machines are made of this one: a prefix takes something away from the commands that follow it.
var machines = []struct {
	name   string
	prefix []string
	lost   []string // properties, in this order; those of this very machine are left out
	says   string   // where nothing runs: what both say
}{
	{"this one", nil, nil, ""},
	{"no_new_privs", []string{"setpriv", "--no-new-privs"}, []string{"ids"}, ""},
	{"a PATH without anything", []string{"env", "PATH=/nowhere"}, nil, ""},
	{"no variables", []string{"env", "-u", "HOME", "-u", "XDG_STATE_HOME", "-u", "XDG_RUNTIME_DIR", "-u", "PATH"}, nil, ""},
	{"no runtime directory", []string{"env", "-u", "XDG_RUNTIME_DIR", "-u", "DBUS_SESSION_BUS_ADDRESS"}, nil, ""},
	{"few descriptors", []string{"sh", "-c", `ulimit -n 64 && exec "$@"`, "sh"}, nil, ""},
	{"one id", namespaced("true"), []string{"ids"}, ""},
	{"a masked /proc", namespaced("mount -t tmpfs none /proc/irq"), []string{"ids", "proc"}, ""},
	{"a masked /proc and /sys", namespaced("mount -t tmpfs none /proc/irq && mount -t tmpfs none /sys/firmware"), []string{"ids", "proc", "sys"}, ""},
	{"a /proc/sys that is read-only", namespaced("mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys"), []string{"ids", "proc", "ports"}, ""},
	{"a runtime directory that is gone", []string{"env", "XDG_RUNTIME_DIR=/nowhere"}, []string{"records"}, ""},
	{"no tun device", namespaced("mount -t tmpfs none /dev/net"), []string{"ids", "network"}, ""},
	{"a tun device that is none", namespaced("mount --bind /dev/null /dev/net/tun"), []string{"ids", "network"}, ""},
	{"no network namespaces", namespaced("echo 0 >/proc/sys/user/max_net_namespaces"), nil, "user.max_net_namespaces is 0"},
	{"no user namespaces", namespaced("echo 0 >/proc/sys/user/max_user_namespaces"), nil, "user.max_user_namespaces is 0"},
	{"no mount namespaces", namespaced("echo 0 >/proc/sys/user/max_mnt_namespaces"), nil, "user.max_mnt_namespaces is 0"},
	{"no cgroup namespaces", namespaced("echo 0 >/proc/sys/user/max_cgroup_namespaces"), []string{"ids"}, ""},
	{"a filter against user namespaces", []string{"PROBE", "refuse", "userns"}, nil, "seccomp"},
	{"a filter that hides openat2", []string{"PROBE", "refuse", "openat2"}, nil, "a seccomp filter hides"},
	{"a filter that hides the mount API", []string{"PROBE", "refuse", "mounts"}, nil, "a seccomp filter hides"},
	{"memory that cannot be executed", []string{"PROBE", "refuse", "memfd-2"}, nil, "vm.memfd_noexec"},
	{"memory that can be executed when asked for", []string{"PROBE", "refuse", "memfd-1"}, []string{"ids"}, ""},
}

func TestTheVerdictIsWhatHappens(t *testing.T) {
	testenv.Unprivileged(t)
	testenv.Need(t, "unshare")
	for _, m := range machines {
		t.Run(m.name, func(t *testing.T) {
			h := kit.Home(t, "")
			t.Cleanup(func() { // where there is no runtime directory, records are here
				if err := os.RemoveAll(filepath.Dir(h.Runtime) + "/tmp/urun-" + strconv.Itoa(os.Getuid())); err != nil {
					t.Error(err)
				}
			})
			prefix := slices.Clone(m.prefix)
			if len(prefix) > 0 && prefix[0] == "PROBE" {
				prefix[0] = kit.Probe
			}
			r := ask(t, h, prefix, h.Rootfs)
			agree(t, h, prefix, r, m.lost, m.says)
		})
	}
}

// agree starts a container where doctor looked.
func agree(t *testing.T, h *testenv.Home, prefix []string, r report, lost []string, says string) {
	t.Helper()
	done := testenv.Finish(t, command(h, prefix, h.Urun, h.Rootfs, "true"))
	if r.Works != (done.Status == 0) {
		t.Fatalf("doctor says %q, and the exit status is %d: %s", r.Summary, done.Status, done.Stderr)
	}
	if says != "" {
		var found strings.Builder
		for _, c := range r.Checks {
			if c.State == "blocked" {
				found.WriteString(c.Found + " " + c.Fix + "\n")
			}
		}
		if r.Works || done.Status != 125 || !strings.Contains(found.String(), says) || !strings.Contains(done.Stderr, says) {
			t.Errorf("%q is said neither by doctor\n%s\nnor by urun, exit status %d\n%s", says, found.String(), done.Status, done.Stderr)
		}
		return
	}
	var properties []string
	for _, l := range r.Lost {
		if !strings.Contains(done.Stderr, "urun: "+l.Lost+": "+l.Cause) {
			t.Errorf("doctor says that this is lost, and urun does not: %+v\n%s", l, done.Stderr)
		}
		properties = append(properties, l.Property)
	}
	if lines := strings.Count(done.Stderr, "\n"); lines != len(r.Lost) {
		t.Errorf("urun has lost %d things, and doctor names %v:\n%s", lines, r.Lost, done.Stderr)
	}
	for _, p := range lost {
		if !slices.Contains(properties, p) {
			t.Errorf("what was taken away is %v, and doctor names %v", lost, properties)
		}
	}
}

// ask runs urun doctor, both ways, and makes sure that the two are of one mind.
func ask(t *testing.T, h *testenv.Home, prefix []string, args ...string) (r report) {
	t.Helper()
	text := testenv.Finish(t, command(h, prefix, h.Urun, append([]string{"doctor"}, args...)...))
	data := testenv.Finish(t, command(h, prefix, h.Urun, append([]string{"doctor", "--json"}, args...)...))
	if text.Stderr != "" || data.Stderr != "" || text.Status != data.Status {
		t.Fatalf("exit statuses %d and %d: %s%s", text.Status, data.Status, text.Stderr, data.Stderr)
	}
	if err := json.Unmarshal([]byte(data.Stdout), &r); err != nil {
		t.Fatalf("%v: %s", err, data.Stdout)
	}
	if (data.Status == 0) != r.Works || data.Status > 1 {
		t.Errorf("exit status %d, and it works: %v", data.Status, r.Works)
	}
	if !strings.HasPrefix(text.Stdout, r.Summary+".\n") {
		t.Errorf("the text begins otherwise than with %q:\n%s", r.Summary, text.Stdout)
	}
	return r
}

func command(h *testenv.Home, prefix []string, name string, args ...string) *exec.Cmd {
	all := slices.Concat(prefix, []string{name}, args)
	return h.Host(all[0], all[1:]...)
}

func TestARootfsThatCannotBeUsed(t *testing.T) {
	testenv.Unprivileged(t)
	for _, m := range []struct {
		name, says string
		spoil      func(rootfs string) error
	}{
		{"it is gone", "does not exist", os.RemoveAll},
		{"it is empty", "is empty", func(rootfs string) error {
			if err := os.RemoveAll(rootfs); err != nil {
				return err
			}
			return os.Mkdir(rootfs, 0o755)
		}},
		{"it is a file", "is not a directory", func(rootfs string) error {
			if err := os.RemoveAll(rootfs); err != nil {
				return err
			}
			return os.WriteFile(rootfs, nil, 0o644)
		}},
	} {
		t.Run(m.name, func(t *testing.T) {
			h := kit.Home(t, "")
			h.Rootfs = kit.Dir(t) + "/rootfs"
			if err := os.Mkdir(h.Rootfs, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := m.spoil(h.Rootfs); err != nil {
				t.Fatal(err)
			}
			agree(t, h, nil, ask(t, h, nil, h.Rootfs), nil, m.says)
		})
	}
}

// One that cannot be written and lacks mount points is had by a layer above it.
func TestARootfsThatLacksMountPoints(t *testing.T) {
	testenv.Unprivileged(t)
	testenv.Need(t, "unshare")
	h := kit.Home(t, "")
	for _, dir := range []string{"proc", "sys"} {
		if err := os.RemoveAll(h.Rootfs + "/" + dir); err != nil {
			t.Fatal(err)
		}
	}
	prefix := namespaced("mount --bind " + h.Rootfs + " " + h.Rootfs + " && mount -o remount,bind,ro " + h.Rootfs)
	agree(t, h, prefix, ask(t, h, prefix, h.Rootfs), []string{"ids", "mount-points"}, "")
}

// Inside of a container doctor says what a container in that would lack, or which flag opens it.
func TestInsideOfUrun(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		for _, nested := range []bool{false, true} {
			h := kit.Home(t, userns)
			inner := kit.Rootfs(t)
			flags := []string{"-q", userns, "--net=none", "-w", "/", "-v", inner + ":/mnt", "-v", h.Urun + ":/urun", "--tmpfs", "/tmp:mode=1777"}
			if nested {
				flags = append(flags, "--nested")
			}
			run := func(args ...string) testenv.Result {
				return h.Run(slices.Concat(flags, []string{"--", h.Rootfs, "/urun"}, args)...)
			}
			said := run("doctor", "--json", "/mnt")
			var r report
			if err := json.Unmarshal([]byte(said.Stdout), &r); err != nil {
				t.Fatalf("%v: %s%s", err, said.Stdout, said.Stderr)
			}
			done := run("/mnt", "true")
			if r.Works != nested || r.Works != (done.Status == 0) {
				t.Fatalf("nested: %v; doctor says %q, and the exit status is %d: %s", nested, r.Summary, done.Status, done.Stderr)
			}
			if !nested {
				if i := slices.IndexFunc(r.Checks, func(c struct{ Name, State, Found, Means, Fix, Who, Meanwhile string }) bool {
					return strings.Contains(c.Fix, "--nested") && c.Who == "outer"
				}); i < 0 {
					t.Errorf("nobody is told of --nested: %+v", r.Checks)
				}
				continue
			}
			if lines := strings.Count(done.Stderr, "\n"); lines != len(r.Lost) {
				t.Errorf("urun has lost %d things, and doctor names %v:\n%s", lines, r.Lost, done.Stderr)
			}
		}
	})
}
