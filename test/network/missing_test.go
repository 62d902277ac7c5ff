package network

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// sees is what a container has of a network: the device of a driver, and the page of a server.
func sees(t *testing.T, c *exec.Cmd, words string) {
	t.Helper()
	if r := testenv.Finish(t, c); r.Status != 0 || strings.TrimSpace(r.Stdout) != words || r.Stderr != "" {
		t.Errorf("exit status %d\nit says %q\nwant    %q\nstderr: %s", r.Status, r.Stdout, words, r.Stderr)
	}
}

// lonely fails the test unless the container runs with its loopback only and one line says why.
func lonely(t *testing.T, c *exec.Cmd, words ...string) {
	t.Helper()
	r := testenv.Finish(t, c)
	if r.Status != 0 || r.Stdout != "lo\n" {
		t.Errorf("exit status %d, the devices are %q", r.Status, r.Stdout)
	}
	line, more, _ := strings.Cut(r.Stderr, "\n")
	if !strings.HasPrefix(line, "urun: ") || more != "" {
		t.Errorf("want one line, got %q", r.Stderr)
	}
	for _, w := range words {
		if !strings.Contains(line, w) {
			t.Errorf("the line does not say %q: %s", w, line)
		}
	}
}

var devices = []string{"--", "ls", "/sys/class/net"}

// without is a command that finds these programs and no others. What is there instead is a shell script's body.
func without(t *testing.T, c *exec.Cmd, instead map[string]string) *exec.Cmd {
	t.Helper()
	bin := t.TempDir()
	for name, body := range instead {
		if err := writeScript(filepath.Join(bin, name), body); err != nil {
			t.Fatal(err)
		}
	}
	c.Env = append(c.Environ(), "PATH="+bin)
	return c
}

func TestProgramsThatAreNotInstalled(t *testing.T) {
	auto := driver{net: "auto"}
	each(t, func(t *testing.T, d driver) {
		switch {
		case d.is("slirp4netns", "pasta"):
			name, _, _ := strings.Cut(d.net, ":")
			testenv.Finish(t, without(t, d.run("--", "echo", "it ran"), nil)).Refused(t, 125, name, "install")
		case d.net == "gvisor:rootlesskit":
			testenv.Finish(t, without(t, d.run("--", "echo", "it ran"), nil)).Refused(t, 125, "nsenter")
		default: // there is always the one of urun's own
			sees(t, without(t, d.run(devices...), nil), "lo\ntap0")
		}
	})
	t.Run("urun's own neither", func(t *testing.T) {
		alone := filepath.Join(t.TempDir(), "urun")
		if err := exec.Command("cp", urun, alone).Run(); err != nil {
			t.Fatal(err)
		}
		c := without(t, auto.run(devices...), nil)
		c.Path, c.Args[0] = alone, alone
		lonely(t, c, "loopback", "slirp4netns")
		c = without(t, auto.run(append([]string{"-q"}, devices...)...), nil)
		c.Path, c.Args[0] = alone, alone
		sees(t, c, "lo")
		c = driver{net: "gvisor"}.run("--", "echo", "it ran")
		c.Path, c.Args[0] = alone, alone
		testenv.Finish(t, c).Refused(t, 125, "urun-netstack")
	})
}

func TestASlirp4netnsThatIsNoUse(t *testing.T) {
	needs(t)
	named, auto := driver{net: "slirp4netns"}, driver{net: "auto"}
	for _, c := range []struct {
		name, body string
		says       []string
	}{
		{"too old", `case "$*" in *--version*) echo slirp4netns version 0.3.0;; *) echo "unrecognized option" >&2; exit 1;; esac`, []string{"slirp4netns"}},
		{"fails", "echo cannot be >&2; exit 1", []string{"slirp4netns", "cannot be"}},
		{"is killed", "kill -9 $$", []string{"slirp4netns"}},
		{"ends at once", "exit 0", []string{"slirp4netns"}},
		{"says much that cannot be printed", `printf '\033[2Jone\ntwo\n' >&2; exit 1`, []string{"slirp4netns"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fake := map[string]string{"slirp4netns": "PATH=/usr/bin:/bin\n" + c.body}
			testenv.Finish(t, without(t, named.run("--", "echo", "it ran"), fake)).Refused(t, 125, c.says...)
			r := testenv.Finish(t, without(t, auto.run(devices...), fake))
			if r.Status != 0 || strings.Count(r.Stderr, "\n") > 1 || strings.Contains(r.Stderr, "\x1b") {
				t.Errorf("auto: exit status %d\n%s%s", r.Status, r.Stdout, r.Stderr)
			}
		})
	}
}

func TestATunDeviceThatIsNoUse(t *testing.T) {
	for name, change := range map[string]string{
		"missing":      "mount -t tmpfs none /dev/net",
		"another file": "mount --bind /dev/null /dev/net/tun",
		"not openable": "touch /etc/tun; chmod 0 /etc/tun; mount --bind /etc/tun /dev/net/tun; unset XDG_RUNTIME_DIR; set -- setpriv --reuid=1000 --regid=1000 --clear-groups -- \"$@\"",
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, d driver) {
				if d.is("auto") {
					lonely(t, altered(change, d.run(append([]string{"--userns=single"}, devices...)...)), "/dev/net/tun")
					return
				}
				c := d.run("--userns=single", "--", "echo", "it ran")
				testenv.Finish(t, altered(change, c)).Refused(t, 125, "/dev/net/tun")
			})
		})
	}
}

// Without a name server there is still a network.
func TestAHostWithoutANameServer(t *testing.T) {
	needs(t)
	w := newWeb(t)
	for name, change := range map[string]string{
		"empty":           ": >/etc/resolv.conf",
		"missing":         "rm /etc/resolv.conf",
		"a dangling link": "rm /etc/resolv.conf; ln -s /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf",
		"link-local only": "echo nameserver fe80::1%host0 >/etc/resolv.conf",
		"nonsense":        "head -c 100000 /dev/urandom >/etc/resolv.conf",
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, d driver) {
				c := altered(change, d.run("--", "probe", "fetch", w.v4, "/1000"))
				r := testenv.Finish(t, c)
				if r.Status != 0 || r.Stdout != "HTTP/1.0 200 OK 1000\n" || strings.Count(r.Stderr, "\n") > 1 {
					t.Errorf("exit status %d\n%s%s", r.Status, r.Stdout, r.Stderr)
				}
			})
		})
	}
}
