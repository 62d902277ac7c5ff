package lifecycle

import (
	"crypto/sha256"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

// leaky gives the command 50 descriptors more than the standard ones, one of them the host's root (CVE-2024-21626).
func leaky(h *testenv.Home, c *exec.Cmd) testenv.Result {
	h.Helper()
	for i := range 50 {
		name := "/dev/null"
		if i == 7 {
			name = "/"
		}
		f, err := os.Open(name)
		if err != nil {
			h.Fatal(err)
		}
		defer f.Close()
		c.ExtraFiles = append(c.ExtraFiles, f)
	}
	return testenv.Finish(h, c)
}

// written waits for a file that a command in the container writes, and gives its lines.
func written(h *testenv.Home, name string) (lines []string) {
	h.Helper()
	h.Until(name+" is written", func() bool {
		text, err := os.ReadFile(filepath.Join(h.Rootfs, name))
		lines = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		return err == nil && lines[len(lines)-1] == "end"
	})
	return lines[:len(lines)-1]
}

func TestTheStandardDescriptorsOnly(t *testing.T) {
	homes(t, func(h *testenv.Home) {
		const list = "probe fds >/etc/$0; sleep 0.05; ls /proc/1/fd >>/etc/$0; echo end >>/etc/$0; exec sleep 1000"
		numbers := func(lines []string) (all string) {
			for _, line := range lines {
				fd, _, _ := strings.Cut(line, " ")
				all += fd + " "
			}
			return all
		}
		for _, flags := range [][]string{{"--name", "a"}, {"--name", "b", "-t"}, {"--name", "c", "-i"}, {"--name", "d", "--no-init"}, {"--name", "e", "--log-driver", "none"}} {
			leaky(h, h.Command(h.Args(append(flags, "-d"), "sh", "-c", list, "1"+flags[1])...)).OK(h)
			lines := written(h, "etc/1"+flags[1])
			want := "0 1 2 0 1 2 "
			if flags[len(flags)-1] == "--no-init" {
				want, lines = "0 1 2 ", lines[:3] // the first process is the shell, with files of its own
			}
			if got := numbers(lines); got != want {
				h.Errorf("%v: the descriptors of the command and of the first process are\n%s", flags, strings.Join(lines, "\n"))
			}
			if flags[1] == "a" && lines[0] != "0 /dev/null" {
				h.Errorf("the input of a command in the background is %s", lines[0])
			}
		}
		for _, flags := range [][]string{{}, {"-t"}, {"-i"}} {
			r := leaky(h, h.Command(append(append([]string{"exec"}, flags...), "a", "probe", "fds")...))
			r.OK(h)
			if got := numbers(r.Lines()); got != "0 1 2 " {
				h.Errorf("exec %v: the command's descriptors are\n%s", flags, r.Stdout)
			}
		}
		leaky(h, h.Command("exec", "-d", "a", "sh", "-c", list, "of-exec")).OK(h)
		lines := written(h, "etc/of-exec")
		if want := "0 /dev/null\n1 /etc/of-exec\n2 /dev/null\n0\n1\n2"; strings.Join(lines, "\n") != want {
			h.Errorf("exec -d: the command's descriptors are %q", lines)
		}
		for _, dir := range []string{"/proc/self/fd/10", "/proc/self/fd/9", "/proc/1/cwd", "/proc/self/cwd/../../.."} {
			r := leaky(h, h.Command("exec", "-w", dir, "a", "probe", "cwd"))
			if r.Status == 0 && strings.HasPrefix(r.Stdout, "/") {
				continue
			}
			r.Refused(h, 125, dir)
		}
		h.Run("rm", "-fa").OK(h)
	})
}

// facts are what a command that runs beside the container's own must have as that has it.
const facts = `probe status Uid Gid Groups CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp SigBlk SigIgn Umask
probe rlimits
ulimit -n; umask; pwd; hostname; cat /proc/self/cgroup /proc/self/oom_score_adj
for ns in user mnt pid uts ipc net cgroup; do readlink /proc/self/ns/$ns; done
probe env | grep -v -e ^_= -e ^SHLVL= -e ^PWD= -e ^OLDPWD= | sort
`

func TestAFurtherCommandHasWhatTheFirstOneHas(t *testing.T) {
	homes(t, func(h *testenv.Home) {
		caller := testenv.Finish(h, h.Host(kit.Probe, "keyring"))
		for name, flags := range map[string][]string{
			"default": nil, "no-init": {"--no-init"},
			"hardened": {"--cap-drop", "all", "--ulimit", "nofile=100:200", "--ulimit", "core=0", "-w", "/etc", "-e", "A=b c", "--hostname", "other"},
			"loose":    {"--cap-add", "all", "--security-opt", "no-new-privileges=false"},
			"someone":  {"-u", "65534:65534"},
		} {
			if name == "someone" && strings.HasSuffix(h.Userns, "single") {
				continue
			}
			h.Detach(append([]string{"--name", name}, flags...), "sh", "-c", facts+"sleep 1000")
			mine := ""
			h.Until("the command has said it all", func() bool {
				mine = h.Run("logs", name).Stdout
				return strings.Contains(mine, "\nURUN_TEST_HOME=") && strings.Contains(mine, "PATH=")
			})
			time.Sleep(20 * time.Millisecond)
			mine = h.Run("logs", name).Stdout
			r := h.Run("exec", name, "sh", "-c", facts)
			if r.Status != 0 || r.Stdout != mine {
				h.Errorf("%s: the container's command has\n%sa further one has\n%s%s", name, mine, r.Stdout, r.Stderr)
			}
			// The session keyring is the command's own.
			if r := h.Run("exec", name, "probe", "keyring"); r.Stdout == caller.Stdout {
				h.Errorf("%s: exit status %d, the keyring is %s, and the caller's %s", name, r.Status, r.Stdout, caller.Stdout)
			}
		}
		h.Run("rm", "-fa").OK(h)
	})
}

func sum(h *testenv.Home) string {
	h.Helper()
	text, err := os.ReadFile(h.Urun)
	if err != nil {
		h.Fatal(err)
	}
	hash := sha256.Sum256(text)
	return string(hash[:])
}

// A program inside watches every process for a handle on urun's binary, which the user that it is may write to
// (CVE-2019-5736). What it can have is a sealed file in memory.
func TestNoFurtherCommandIsUrunsBinary(t *testing.T) {
	homes(t, func(h *testenv.Home) {
		before := sum(h)
		evil := filepath.Join(h.Rootfs, "bin/evil")
		if err := os.WriteFile(evil, []byte("#!/proc/self/exe\n"), 0o755); err != nil {
			h.Fatal(err)
		}
		if err := os.Symlink("/proc/self/exe", filepath.Join(h.Rootfs, "bin/evil-link")); err != nil {
			h.Fatal(err)
		}
		h.Detach([]string{"--name", "a", "--cap-add", "SYS_PTRACE"}, "sh", "-c", `
			probe exe-attack 4 &
			until test -e /stop; do ls -l /proc/[0-9]*/fd /proc/[0-9]*/cwd /proc/[0-9]*/root 2>/dev/null | grep -e "-> .*/`+filepath.Base(filepath.Dir(h.Urun))+`"; done &
			until test -e /stop; do for p in /proc/[0-9]*; do p=${p#/proc/}; [ $p -lt 6 ] || probe ptrace $p >/dev/null; done; done &
			wait; echo over; exec sleep 1000`)
		h.Until("the attack has begun", func() bool { return strings.Contains(h.Run("logs", "a").Stdout, "ready\n") })
		for i := range 200 {
			command := []string{"true", "evil", "evil-link", "true"}[i%4]
			r := h.Run("exec", "a", command)
			if want := map[bool]int{true: 0, false: 126}[command == "true"]; r.Status != want {
				h.Errorf("exec %s: exit status %d, %s", command, r.Status, r.Stderr)
			}
		}
		if err := os.WriteFile(filepath.Join(h.Rootfs, "stop"), nil, 0o644); err != nil {
			h.Fatal(err)
		}
		h.Until("the attack is over", func() bool { return strings.Contains(h.Run("logs", "a").Stdout, "over\n") })
		for _, line := range h.Run("logs", "a").Lines() {
			_, target, _ := strings.Cut(line, " ")
			if line != "ready" && line != "over" && target != "/memfd:urun-init (deleted)" && !strings.HasPrefix(target, "/bin/") {
				h.Errorf("got hold of: %s", line)
			}
		}
		if sum(h) != before {
			h.Error("urun's binary was changed")
		}
		h.Run("rm", "-f", "a").OK(h)
	})
}

// Root inside may put anything where terminals come from.
func TestATerminalFromASpoiltDirectory(t *testing.T) {
	homes(t, func(h *testenv.Home) {
		h.Detach([]string{"--name", "a", "--cap-add", "SYS_ADMIN"}, "sleep", "1000")
		h.Run("exec", "a", "mount", "-t", "tmpfs", "none", "/dev/pts").OK(h)
		for _, spoil := range []string{":", "mkfifo /dev/pts/ptmx", "touch /dev/pts/ptmx", "ln -s /dev/zero /dev/pts/ptmx", "ln -s /dev/pts/ptmx /dev/pts/ptmx", "mkdir /dev/pts/ptmx", "ln -s /proc/1/fd/1 /dev/pts/ptmx", "ln -s /dev/tty /dev/pts/ptmx"} {
			h.Run("exec", "a", "sh", "-c", "rm -rf /dev/pts/*; "+spoil).OK(h)
			r := h.Run("exec", "-t", "a", "echo", "with a terminal")
			r.Refused(h, 125)
			if !strings.Contains(r.Stderr, "pts") && !strings.Contains(r.Stderr, "terminal") {
				h.Errorf("%s: %s", spoil, r.Stderr)
			}
		}
		h.Run("exec", "a", "umount", "/dev/pts").OK(h)
		if r := h.Run("exec", "-t", "a", "tty"); r.Status != 0 || !strings.HasPrefix(r.Stdout, "/dev/pts/") {
			h.Errorf("exit status %d, %q, %s", r.Status, r.Stdout, r.Stderr)
		}
		h.Run("rm", "-f", "a").OK(h)
	})
}
