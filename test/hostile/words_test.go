package hostile

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/urun-project/urun/test/testenv"
)

// Options end where the rootfs, or the container, is named: what follows is the command's, whatever it looks like.
func TestWordsReachTheCommand(t *testing.T) {
	words := []string{"-x", "--rm", "--", "-v", "/:/host", "--help", "--cap-add=ALL", "-", "--name=a", " ", "", "é\n😀", "\x1b[31m", "$(id)", "%s", strings.Repeat("a", 300)}
	want := ""
	for i, word := range words {
		want += fmt.Sprintf("%d %q\n", i, word)
	}
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		if err := os.Symlink("probe", h.Rootfs+"/bin/-evil"); err != nil {
			t.Fatal(err)
		}
		for _, program := range []string{"probe", "-evil"} {
			command := append([]string{program, "args"}, words...)
			r := kit.Run(t, append([]string{userns, h.Rootfs}, command...)...)
			if r.OK(t); r.Stdout != want {
				t.Errorf("run: %s", r.Stdout)
			}
			beside := exec.Command(kit.Urun, append([]string{userns, "--", "-rootfs"}, command...)...)
			if beside.Dir = filepath.Dir(h.Rootfs); os.Symlink("rootfs", beside.Dir+"/-rootfs") == nil {
				t.Cleanup(func() { os.Remove(beside.Dir + "/-rootfs") })
			}
			if r = testenv.Finish(t, beside); r.Stdout != want {
				t.Errorf("run with a rootfs of such a name: %s%s", r.Stdout, r.Stderr)
			}
			h.Detach([]string{"--name", "a"}, "sh", "-c", `"$@"; exec sleep 1000`, "sh", program, "args", words[0], words[11])
			h.Until("the command has said it", func() bool { return strings.Count(h.Run("logs", "a").Stdout, "\n") == 2 })
			if r = h.Run("logs", "a"); r.Stdout != fmt.Sprintf("0 %q\n1 %q\n", words[0], words[11]) {
				t.Errorf("run -d: %s", r.Stdout)
			}
			if r = h.Run(append([]string{"exec", "a"}, command...)...); r.Stdout != want {
				t.Errorf("exec: %s%s", r.Stdout, r.Stderr)
			}
			h.Run("rm", "-f", "a").OK(t)
		}
	})
}

func TestVariablesReachTheCommand(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		file := filepath.Join(kit.Dir(t), "env")
		value := "1\nB=2\x1b[31m 😀=3"
		r := kit.Run(t, userns, "-e", "A="+value, h.Rootfs, "sh", "-c", `printf %s "$A"; [ -z "$B" ]`)
		if r.OK(t); r.Stdout != value {
			t.Errorf("the value is %q", r.Stdout)
		}
		for _, text := range []string{"A=1\x00B=2\n", "\x00", "A\x00=1\n", "=1\n", "A B=1\n"} {
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			r := kit.Run(t, userns, "--env-file", file, h.Rootfs, "probe", "env")
			if r.Status == 0 && !strings.Contains(text, "\x00") && !strings.HasPrefix(text, "=") {
				continue
			}
			r.Refused(t, 125, "env")
		}
	})
}

// badNames are those of no container.
func badNames(t *testing.T, canary, records string) []string {
	t.Helper()
	away, err := filepath.Rel(records, canary)
	if err != nil {
		t.Fatal(err)
	}
	return []string{"/", "a/b", "..", ".", "../lock", "lock", "swept", away, away + "/private", canary, "a\nb", "😀", "-x", "--all", "a b", " ", "", "\x1b[31m", "a;b", strings.Repeat("n", 300), strings.Repeat("../", 100)}
}

func TestNamesAreNoPaths(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		canary := testenv.Canary(t, h.Rootfs)
		h.Detach([]string{"--name", "a"}, "sleep", "1000")
		for _, name := range badNames(t, canary, h.Runtime+"/urun") {
			attempts := [][]string{h.Args([]string{"-d", "--name=" + name}, "true"), h.Args([]string{"--name=" + name}, "true"), {"exec", "--", name, "true"}}
			for _, verb := range []string{"rm", "stop", "kill", "logs", "inspect", "attach", "wait", "top", "port", "pause", "unpause"} {
				attempts = append(attempts, []string{verb, "--", name})
			}
			for i, args := range attempts {
				if i < 2 && (name == "lock" || name == "swept") || i < 2 && name == "" {
					continue // a name like any other; none
				}
				r := h.Run(args...)
				t.Run(fmt.Sprintf("%s %q", args[0], name), func(t *testing.T) { r.Refused(t, 125) })
				if strings.ContainsFunc(strings.TrimSuffix(r.Stderr, "\n"), unicode.IsControl) {
					t.Errorf("%q: the message is %q", args, r.Stderr)
				}
			}
		}
		for _, name := range []string{"a/b", "a\nb", "😀", "-x", "a b", "..", strings.Repeat("n", 300)} {
			kit.Run(t, userns, "--hostname="+name, h.Rootfs, "true").Refused(t, 125, "host")
		}
		if r := h.Run("ps", "-q"); len(r.Lines()) != 1 {
			t.Errorf("ps -q: %s%s", r.Stdout, r.Stderr)
		}
		h.Run("rm", "-f", "a").OK(t)
	})
}

// Whatever modes the caller's new files usually have, the state of containers is the caller's alone.
func TestStateIsPrivate(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		args := h.Args([]string{"-d", "-i", "--name=a"}, "sh", "-c", "echo line; exec sleep 1000")
		r := testenv.Finish(t, h.Host("sh", append([]string{"-c", `umask 000; exec "$@"`, "sh", h.Urun}, args...)...))
		r.OK(t)
		h.Until("there is a log", func() bool { return h.Run("logs", "a").Stdout == "line\n" })
		seen := map[string]bool{}
		for _, dir := range []string{h.Runtime + "/urun", h.State + "/urun"} {
			err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				info, err := d.Info()
				if err != nil || info.Mode()&fs.ModeSymlink != 0 {
					return err
				}
				seen[d.Name()] = true
				want := fs.FileMode(0o600)
				if d.IsDir() {
					want = 0o700
				}
				if info.Mode().Perm() != want {
					t.Errorf("%s has mode %v", path, info.Mode())
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
		for _, name := range []string{"lock", "state.json", "config.json", "attach"} {
			if !seen[name] {
				t.Errorf("there is no %s", name)
			}
		}
		h.Run("rm", "-f", "a").OK(t)
	})
}
