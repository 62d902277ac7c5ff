package hostile

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// leaky starts urun with 50 descriptors more than the standard ones, one of them the host's root.
func leaky(t *testing.T, args ...string) testenv.Result {
	t.Helper()
	return leaks(t, exec.Command(kit.Urun, args...))
}

func leaks(t *testing.T, c *exec.Cmd) testenv.Result {
	t.Helper()
	for i := range 50 {
		name := "/dev/null"
		if i == 7 {
			name = "/"
		}
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		c.ExtraFiles = append(c.ExtraFiles, f)
	}
	return testenv.Finish(t, c)
}

// A descriptor that leads to the host is a way out (CVE-2024-21626).
func TestTheCommandHasTheStandardDescriptorsOnly(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		for _, mode := range []string{"--init", "--no-init", "-t"} {
			r := leaky(t, userns, mode, rootfs, "sh", "-c", "exec ls /proc/self/fd")
			if r.Lacks(t) {
				continue
			}
			if r.Status != 0 {
				t.Fatalf("%s: exit status %d: %s", mode, r.Status, r.Stderr)
			}
			// ls itself opens the directory, as 3.
			if got := strings.Join(strings.Fields(r.Stdout), " "); got != "0 1 2 3" {
				t.Errorf("%s: the command's descriptors are %s", mode, got)
			}
		}
	})
}

func TestTheFirstProcessHasNoDescriptorOfTheHost(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		for _, mode := range []string{"--init", "--no-init", "-t"} {
			r := leaky(t, userns, mode, rootfs, "sh", "-c", "sleep 0.05; ls /proc/1/fd; true")
			if r.Lacks(t) {
				continue
			}
			if r.Status != 0 {
				t.Fatalf("%s: exit status %d: %s", mode, r.Status, r.Stderr)
			}
			if got := strings.Join(strings.Fields(r.Stdout), " "); got != "0 1 2" {
				t.Errorf("%s: the first process's descriptors are %s", mode, got)
			}
		}
	})
}

func TestAWorkingDirectoryIsInside(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		for name, to := range map[string]string{"seven": "/proc/self/fd/7", "thread": "/proc/thread-self/fd/10", "one": "/proc/1/root", "up": "../../../../../..", "cwd": "/proc/self/cwd"} {
			if err := os.Symlink(to, rootfs+"/"+name); err != nil {
				t.Fatal(err)
			}
		}
		dirs := []string{"/seven", "/thread", "/one", "/up", "/cwd", "/seven/..", "/proc/self/root", "/proc/self/cwd", "/../../.."}
		for _, fd := range []string{"3", "4", "5", "6", "7", "8", "9", "10", "11"} {
			dirs = append(dirs, "/proc/self/fd/"+fd, "/proc/self/fd/"+fd+"/..", "/proc/self/fd/../fd/"+fd)
		}
		for _, dir := range dirs {
			for _, mode := range []string{"--init", "--no-init"} {
				r := leaky(t, userns, mode, "-w", dir, rootfs, "probe", "cwd")
				// getcwd(2) says "(unreachable)" before a path that is not below the root.
				if r.Status == 0 && strings.HasPrefix(r.Stdout, "/") && r.Stderr == "" {
					continue
				}
				r.Refused(t, 125, dir)
			}
		}
	})
}

// In the background, and beside a command that runs, as in the foreground.
func TestDescriptorsOfWhatRunsOn(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		check := func(what, output string) {
			var numbers []string
			for line := range strings.Lines(output) {
				number, target, _ := strings.Cut(strings.TrimSpace(line), " ")
				if numbers = append(numbers, number); target != "/dev/null" && !strings.HasPrefix(target, "pipe:[") && !strings.HasPrefix(target, "/dev/pts/") {
					t.Errorf("%s: descriptor %s is %s", what, number, target)
				}
			}
			if strings.Join(numbers, " ") != "0 1 2" {
				t.Errorf("%s: the command's descriptors are\n%s", what, output)
			}
		}
		for _, flags := range [][]string{{"--name=a"}, {"--name=b", "-t"}, {"--name=c", "-i"}, {"--name=d", "--no-init"}, {"--name=e", "-t", "--no-init"}} {
			leaks(t, h.Command(h.Args(append(flags, "-d"), "sh", "-c", "probe fds; echo end; exec sleep 1000")...)).OK(t)
			name := strings.TrimPrefix(flags[0], "--name=")
			output := ""
			h.Until("the command has said it", func() (said bool) {
				output, _, said = strings.Cut(strings.ReplaceAll(h.Run("logs", name).Stdout, "\r", ""), "end\n")
				return said
			})
			check(strings.Join(flags, " "), output)
		}
		for _, flags := range [][]string{nil, {"-t"}, {"-i"}} {
			r := leaks(t, h.Command(append(append([]string{"exec"}, flags...), "a", "probe", "fds")...))
			r.OK(t)
			check("exec "+strings.Join(flags, " "), strings.ReplaceAll(r.Stdout, "\r", ""))
		}
		leaks(t, h.Command("exec", "-d", "a", "sh", "-c", "probe fds | cat >/dev/shm/of-exec; echo end >>/dev/shm/of-exec")).OK(t)
		output := ""
		h.Until("the command has said it", func() (said bool) {
			output, _, said = strings.Cut(h.Run("exec", "a", "cat", "/dev/shm/of-exec").Stdout, "end\n")
			return said
		})
		check("exec -d", output)
		h.Run("rm", "-fa").OK(t)
	})
}
