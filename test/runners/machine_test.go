package runners

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
)

// machine is one that somebody has.
type machine struct {
	name  string
	needs []string // programs and devices that it is made with
	// change is what its root does to an ordinary machine: lines of a shell, which has the functions of world.
	change string
	// as is how its user starts a program, in words of that shell; "" is what dev does.
	as string
	// vm is the virtual machine that it is instead, by the name of its image, and kernel the name for that one's.
	vm, kernel string
	// systemd is how its user starts a program where there is a systemd: in a virtual machine, which shows that limits can be had.
	systemd string

	rung    rung
	stands  string   // the rung in urun's words
	limits  string   // whether a container can have limits there: "yes", "no", or "" where that is its systemd's matter
	limited string   // the line with a limit, where that is the machine's point
	says    []string // the lines on stderr, without urun's name
	sooner  string   // what --strict refuses before it turns out that nothing works
}

// rung is what the container has, as command tells it. Where urun refuses it is the zero one.
type rung struct{ ids, proc, network string }

const (
	full, one     = "full range", "one id"
	own, shared   = "own", "shared"
	yes, loopback = "yes", "loopback"
)

func (m machine) refuses() bool { return m.stands == "nothing" }

// How users start programs.
const (
	path     = "PATH=/mnt/bin:/usr/bin:/bin:/usr/sbin:/sbin"
	user1000 = "setpriv --reuid=1000 --regid=1000 --clear-groups -- env -i -C /home/dev HOME=/home/dev " + path
	dev      = user1000 + " USER=dev XDG_RUNTIME_DIR=/run/user/1000"
	runner   = "setpriv --reuid=1001 --regid=1001 --clear-groups -- env -i HOME=/home/runner " + path
	root     = "env -i HOME=/root " + path

	// docker takes away what Docker does of capabilities.
	docker = "setpriv --bounding-set=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service," +
		"+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap --inh-caps=-all -- "
	refuse = "/mnt/bin/probe refuse userns "

	// What is around urun has ./other for its root, and shows ./rootfs.
	show   = " -v /mnt/bin:/mnt -v /home/dev/rootfs:/home/rootfs -w /home -e PATH=/mnt:/bin "
	inside = dev + " urun -q" + show + "./other"
	nested = dev + " urun -q --nested" + show + "./other"
	podman = root + " podman --root /mnt/podman --runroot /mnt/podman/run --storage-driver vfs --cgroup-manager cgroupfs --events-backend none" +
		" run --rm --network none --cgroups disabled" + show + "--rootfs /home/dev/other"
)

// command is what is started everywhere. It tells what the container has, line by line, and its exit status is its own.
const command = `awk '{ n += $3 } END { print (n > 1 ? "full range" : "one id") }' /proc/self/uid_map
read pid rest </proc/self/stat
if [ "$pid" = $$ ]; then echo own; else echo shared; fi
if grep -q tap0: /proc/net/dev; then echo yes; else echo loopback; fi
exit 7`

// attempt is a way to start it, in words of a shell.
type attempt struct{ name, words string }

// attempts are made on every machine.
var attempts = []attempt{
	{"plain", start("")},
	{"quiet", start("-q")},
	{"strict", start("--strict")},
	{"limits", start("-m 100m")},
	{"json", quote("sh", "-c", start("-q --json /tmp/result")+" >/dev/null; status=$?; cat /tmp/result; rm /tmp/result; exit $status")},
	{"doctor", "urun doctor --json"},
	{"background", quote("sh", "-c", "urun -d --name b ./rootfs sleep 1000 && urun inspect --format '{{.Rung}}' b && urun exec b true && urun rm -f b")},
}

// start is the command with these flags.
func start(flags string) string { return "urun " + flags + " ./rootfs " + quote("sh", "-c", command) }

// quote writes words as a shell reads them.
func quote(words ...string) string {
	for i, w := range words {
		words[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
	}
	return strings.Join(words, " ")
}

// outcome is what came of an attempt.
type outcome struct {
	testenv.Result
	left []string // and what is no longer there
}

// called is the machine of that name.
func called(t *testing.T, name string) machine {
	t.Helper()
	all := machines()
	i := slices.IndexFunc(all, func(m machine) bool { return m.name == name })
	if i < 0 {
		t.Fatalf("there is no machine %q", name)
	}
	return all[i]
}

// make makes the machine and the attempts there.
func (m machine) make(t *testing.T, attempts []attempt) map[string]outcome {
	t.Helper()
	for _, what := range m.needs {
		if !filepath.IsAbs(what) {
			testenv.Need(t, what)
		} else if err := unix.Access(what, unix.R_OK|unix.W_OK); err != nil {
			testenv.Skip(t, what+": "+err.Error())
		}
	}
	out := t.TempDir()
	as := m.as
	if as == "" {
		as = dev
	}
	script := ". ./world\n" + m.change + "\nlist before\n"
	for _, a := range attempts {
		script += "attempt " + a.name + " " + as + " " + a.words + "\n"
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute) // each attempt has a limit of its own
	defer cancel()
	c := exec.CommandContext(ctx, "unshare", append(seal(), "sh", "-c", script, "sh", dir, out)...)
	c.WaitDelay = time.Second
	if said, err := c.CombinedOutput(); err != nil {
		t.Fatalf("the machine cannot be made: %v\n%s", err, said)
	}
	outcomes := map[string]outcome{}
	for _, a := range attempts {
		outcomes[a.name] = read(t, out, a.name)
	}
	return outcomes
}

// read reads what an attempt has left in a directory.
func read(t *testing.T, dir, name string) (o outcome) {
	t.Helper()
	file := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	status, err := strconv.Atoi(strings.TrimSpace(file(name + ".status")))
	if err != nil {
		t.Fatal(err)
	}
	o.Result = testenv.Result{Stdout: file(name + ".stdout"), Stderr: file(name + ".stderr"), Status: status}
	before, after := lines(file("before.list")), lines(file(name+".list"))
	for line := range after {
		if !before[line] {
			o.left = append(o.left, "+ "+line)
		}
	}
	for line := range before {
		if !after[line] && !strings.HasPrefix(line, "/proc/") {
			o.left = append(o.left, "- "+line)
		}
	}
	return o
}

func lines(text string) map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(text) {
		set[strings.TrimSuffix(line, "\n")] = true
	}
	return set
}
