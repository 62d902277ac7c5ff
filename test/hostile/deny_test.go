package hostile

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
)

const secret = "what nobody inside may read"

// guarded is a home directory with things in it that are not to be read.
type guarded struct {
	home, probe string
	userns      string
	flags       []string // of every container
}

// guard makes one: .ssh/id is denied with its directory, token alone, project/deep/keys in what is a volume, and
// keys leads to a directory that is denied by this name only.
func guard(t *testing.T, userns string, flags ...string) *guarded {
	t.Helper()
	g := &guarded{home: home(t), userns: userns, flags: flags}
	g.probe = filepath.Join(g.home, "probe")
	text, err := os.ReadFile(kit.Probe)
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{".ssh", "project/deep/keys", "project/other", "elsewhere"} {
		if err := os.MkdirAll(filepath.Join(g.home, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{".ssh/id", "token", "project/deep/keys/id", "elsewhere/id", "shown"} {
		if err := os.WriteFile(filepath.Join(g.home, file), []byte(secret), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"probe", ".ssh/program"} {
		if err := os.WriteFile(filepath.Join(g.home, file), text, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("elsewhere", filepath.Join(g.home, "keys")); err != nil {
		t.Fatal(err)
	}
	g.flags = append(g.flags, "--deny", ".ssh", "--deny", g.home+"/token", "--deny", "project/deep/keys", "--deny", "keys")
	return g
}

// urun is a start with the host's root, from the home directory.
func (g *guarded) urun(flags []string, command ...string) *exec.Cmd {
	args := append([]string{g.userns, "--net=none", "--seccomp=unconfined"}, g.flags...) // the filter alone would refuse mounts and namespaces
	c := exec.Command(kit.Urun, append(append(append(args, flags...), "/"), command...)...)
	c.Dir = g.home
	return c
}

func (g *guarded) try(t *testing.T, flags []string, verb ...string) testenv.Result {
	t.Helper()
	r := testenv.Finish(t, g.urun(flags, append([]string{g.probe}, verb...)...))
	if r.Lacks(t) {
		t.SkipNow()
	}
	return r
}

// roots are the ways to have the host's root, each with a volume at its own place and one elsewhere.
func roots(t *testing.T, test func(t *testing.T, g *guarded)) {
	hostRoot(t, func(t *testing.T, userns string) {
		modes := []string{"", "--read-only", "--ephemeral"}
		if testing.Short() {
			modes = modes[:1]
		}
		for _, mode := range modes {
			name := mode
			if name == "" {
				name = "writable"
			}
			t.Run(name, func(t *testing.T) {
				var flags []string
				if mode != "" {
					flags = []string{mode}
				}
				g := guard(t, userns, flags...)
				g.flags = append(g.flags, "-v", g.home+"/project:/mnt")
				test(t, g)
			})
		}
	})
}

func TestWhatIsDeniedIsOutOfReach(t *testing.T) {
	roots(t, func(t *testing.T, g *guarded) {
		r := g.try(t, nil, "read", g.home+"/shown")
		r.OK(t)
		if r.Stdout != secret {
			t.Fatalf("what is not denied reads %q", r.Stdout)
		}
		root := g.userns != "--userns=keep-id" // has CAP_DAC_OVERRIDE, and sees that nothing is there
		h := g.home
		for _, verb := range [][]string{
			{"read", h + "/.ssh/id"}, {"read", ".ssh/id"}, {"read", "/proc/self/root" + h + "/.ssh/id"}, {"read", "/proc/self/cwd/.ssh/id"}, {"read", h + "/project/../.ssh/id"},
			{"read", h + "/token"}, {"open", h + "/token", "wronly"},
			{"read", h + "/project/deep/keys/id"}, {"read", "/mnt/deep/keys/id"}, {"read", "/proc/self/root/mnt/deep/keys/id"},
			{"read", h + "/keys/id"}, {"read", h + "/elsewhere/id"},
			{"write", h + "/.ssh/new", "x"}, {"mkdir", h + "/.ssh/new"}, {"write", "/mnt/deep/keys/new", "x"}, {"write", h + "/token", "x"},
			{"unlink", h + "/.ssh/id"}, {"unlink", h + "/token"}, {"exec", h + "/.ssh/program", "args"},
			{"rename", h + "/.ssh", h + "/other"}, {"rename", h + "/token", h + "/other"}, {"rename", h + "/.ssh/id", h + "/other"},
			{"rename", "/mnt/deep/keys", "/mnt/keys"}, {"link", h + "/token", h + "/other"}, {"link", h + "/.ssh/id", h + "/other"},
			{"umount", h + "/.ssh"}, {"umount", h + "/token"}, {"umount", "/mnt/deep/keys"},
			{"mount", "none", h, "/tmp", "bind"}, {"mount", "none", h + "/project", "/mnt", "bind"}, {"beneath", h, ".ssh/id"},
			{"nested", "umount", h + "/.ssh"}, {"nested", "umount", h + "/token"}, {"nested", "mount", "none", h, "/tmp", "bind"},
			{"nested", "beneath", h, ".ssh/id"}, {"nested", "beneath", "/", h[1:] + "/.ssh/id"}, {"nested", "beneath", "/mnt", "deep/keys/id"},
		} {
			r := g.try(t, nil, verb...)
			empty := root && verb[0] == "read" && r.Status == 0 && r.Stdout == "" // a file of mode 000, to who may
			if r.Status == 0 && !empty || r.Status > 1 || strings.Contains(r.Stdout, secret) {
				t.Errorf("%v: exit status %d %q %s", verb, r.Status, r.Stdout, r.Stderr)
			}
		}
		for _, dir := range []string{h + "/.ssh", "/mnt/deep/keys", h + "/keys", "/proc/self/root" + h + "/elsewhere"} {
			r := g.try(t, nil, "ls", dir)
			if want := (testenv.Result{Stdout: "EACCES\n", Status: 1}); !root && (r.Stdout != want.Stdout || r.Status != want.Status) || strings.Contains(r.Stdout, "id") {
				t.Errorf("ls %s: exit status %d %q", dir, r.Status, r.Stdout)
			}
		}
		text, err := os.ReadFile(h + "/.ssh/id")
		if err != nil || string(text) != secret {
			t.Errorf("outside it reads %q: %v", text, err)
		}
	})
}

// Moved into a directory that shows at a second place, the directories that lead to what is hidden would show it there.
func TestWhatIsDeniedIsNotMovedToWhereItShows(t *testing.T) {
	hostRoot(t, func(t *testing.T, userns string) {
		g := guard(t, userns)
		g.flags = []string{"-v", g.home + "/project:/srv", "-v", g.home + "/project/deep/other:/mnt", "--deny", "project/deep/keys/id"}
		if err := os.Mkdir(g.home+"/project/deep/other", 0o755); err != nil {
			t.Fatal(err)
		}
		r := testenv.Finish(t, g.urun(nil, "sh", "-c", `$0 rename /srv/deep/keys /srv/deep/other/keys; $0 rename project/deep/keys project/deep/other/keys; $0 rename project/deep project/new; cat /mnt/keys/id`, g.probe))
		if !r.Lacks(t) && r.Stdout != "EBUSY\nEBUSY\nEBUSY\n" {
			t.Errorf("%q %s", r.Stdout, r.Stderr)
		}
	})
}

// A further command is not in the Landlock domain of the first, and gets one of its own.
func TestExecIsHeldAsTheCommandIs(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		g := guard(t, userns, "--read-only")
		g.flags = append(g.flags, "-v", g.home+"/project", "--tmpfs", "/mnt")
		c := g.urun([]string{"-d", "--name", "held"}, "sleep", "600")
		c.Path, c.Env = h.Urun, h.Env
		testenv.Finish(t, c).OK(t)
		defer h.Run("rm", "-f", "held")
		for _, tt := range []struct {
			want string // of the output
			verb []string
		}{
			{"", []string{"write", g.home + "/project/new", "x"}}, {"", []string{"write", "/mnt/new", "x"}}, {"", []string{"write", "/dev/null", "x"}}, {"", []string{"write", "/tmp/new", "x"}},
			{"", []string{"rename", g.home + "/project/new", g.home + "/project/other/new"}},
			{"EXDEV\n", []string{"rename", g.home + "/project/other/new", g.home + "/project/deep/new"}}, // a mount, so that it is not renamed
			{"EROFS\n", []string{"write", g.home + "/new", "x"}},
			{"EPERM\n", []string{"umount", g.home + "/.ssh"}},
		} {
			if r := h.Run(append([]string{"exec", "held", g.probe}, tt.verb...)...); r.Stdout != tt.want {
				t.Errorf("%v: exit status %d %q %s", tt.verb, r.Status, r.Stdout, r.Stderr)
			}
		}
		r := h.Run("exec", "held", g.probe, "nested", "mount", "none", g.home, "/tmp", "bind")
		if refused := strings.HasPrefix(r.Stdout, "EPERM\n"); refused != hasLandlock() {
			t.Errorf("a mount in namespaces of its own: exit status %d %q %s", r.Status, r.Stdout, r.Stderr)
		}
		var told []struct{ Denied, Landlock []string }
		if err := json.Unmarshal([]byte(h.Run("inspect", "held").Stdout), &told); err != nil || len(told) != 1 {
			t.Fatalf("inspect: %v", err)
		}
		if denied := told[0].Denied; len(denied) != 4 || denied[0] != g.home+"/.ssh" || slices.Contains(told[0].Landlock, g.home+"/project") != hasLandlock() {
			t.Errorf("inspect tells %+v", told[0])
		}
		if r := h.Run("exec", "-t", "held", "sh", "-c", "echo typed > /dev/tty; echo out > /dev/stdout"); r.Stdout != "typed\r\nout\r\n" {
			t.Errorf("with a terminal: exit status %d %q %s", r.Status, r.Stdout, r.Stderr)
		}
		if r := h.Run("exec", "held", g.probe, "read", g.home+"/.ssh/id"); r.Status == 0 || strings.Contains(r.Stdout, secret) {
			t.Errorf("read by exec: exit status %d %q", r.Status, r.Stdout)
		}
	})
}

func hasLandlock() bool {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	return errno == 0 && abi > 1
}

// Read-only by the mounts alone would end with the first who may change mounts.
func TestReadOnlyHoldsWithoutTheMounts(t *testing.T) {
	if !hasLandlock() {
		testenv.Skip(t, "no Landlock in this kernel")
	}
	testenv.Mappings(t, func(t *testing.T, userns string) {
		d := login(t)
		file := filepath.Join(d.home, "file")
		if err := os.WriteFile(file, []byte("before"), 0o644); err != nil {
			t.Fatal(err)
		}
		// The same without the layer, so that it is known what held.
		const attempt = `$0 remount-writable / && echo remounted; $0 write "$1" after; $0 umount /tmp`
		for _, tt := range []struct{ flag, want, text string }{
			{"--security-opt=no-new-privileges=true", "remounted\nEACCES\nEPERM\n", "before"},
			{"--security-opt=no-new-privileges=false", "remounted\n", "after\n"},
		} {
			r := d.run(t, []string{userns, "-u", "0", "--cap-add=SYS_ADMIN", tt.flag}, "sh", "-c", attempt, "probe", file)
			if r.Lacks(t) {
				continue
			}
			text, err := os.ReadFile(file)
			if r.Stdout != tt.want || err != nil || string(text) != tt.text {
				t.Errorf("%s: %q %s, the file has %q", tt.flag, r.Stdout, r.Stderr, text)
			}
		}
	})
}

// What the shell has opened for the command is its output, also when a script opens it again by name.
func TestTheCallersOutputCanBeOpenedAgain(t *testing.T) {
	hostRoot(t, func(t *testing.T, userns string) {
		d := login(t)
		out, err := os.Create(filepath.Join(d.home, "out"))
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		c := exec.Command(kit.Urun, userns, "--net=none", "--read-only", "/", "sh", "-c", "echo again >> /dev/stdout; echo x > /dev/null")
		var said strings.Builder
		c.Stdout, c.Stderr, c.Dir = out, &said, d.home
		err = c.Run()
		if r := (testenv.Result{Stderr: said.String(), Status: c.ProcessState.ExitCode()}); r.Lacks(t) {
			return
		}
		text, rerr := os.ReadFile(out.Name())
		if err != nil || rerr != nil || string(text) != "again\n" {
			t.Errorf("%v, %v: the output is %q", err, rerr, text)
		}
	})
}

func TestWhatCannotBeDenied(t *testing.T) {
	testenv.Unprivileged(t)
	g := guard(t, "--quiet") // the ids matter to none of these
	g.flags = nil
	rootfs := kit.Rootfs(t)
	for _, tt := range []struct {
		flags []string
		words []string
	}{
		{[]string{"--deny", "nowhere"}, []string{`--deny "` + g.home + `/nowhere"`, "there is no such file or directory"}},
		{[]string{"--deny", "/"}, []string{`--deny "/"`, "without the root"}},
		{[]string{"--deny", ""}, []string{`--deny ""`, "empty"}},
		{[]string{"--deny", ".ssh", "--cap-add", "SYS_ADMIN"}, []string{"CAP_SYS_ADMIN", "beneath"}},
		{[]string{"--deny", ".ssh", "--cap-add", "ALL"}, []string{"CAP_SYS_ADMIN", "beneath"}},
		{[]string{"--deny", ".ssh", "-v", ".ssh/id:/mnt"}, []string{`.ssh/id:/mnt" is what it hides, or a part of that`}},
		{[]string{"--deny", "keys", "-v", g.home + "/elsewhere:/mnt"}, []string{`elsewhere:/mnt" is what it hides`, "leave out one"}},
		{[]string{"--deny", ".ssh", "-v", g.home + "/project:" + g.home + "/.ssh"}, []string{"hide what is mounted", "leave out one"}},
		{[]string{"--deny", "."}, []string{"working directory " + g.home, "--deny hides it", "-w"}},
		{[]string{"--deny", "project", "-w", g.home + "/project/deep"}, []string{"working directory", "--deny hides it", "-w"}},
	} {
		testenv.Finish(t, g.urun(tt.flags, "true")).Refused(t, 125, tt.words...)
	}
	kit.Run(t, "--deny", "/nowhere", rootfs, "true").Refused(t, 125, "--deny /nowhere", "does not exist")
	kit.Run(t, "--deny", "nowhere", rootfs, "true").Refused(t, 125, `--deny "nowhere"`, "from / on")
}

// What is denied in a rootfs is found again through a volume that has the rootfs in it, a part of it, or its parent.
func TestARootfsIsNoOtherNameOfADeniedPath(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs, data := kit.Rootfs(t), kit.Dir(t)
		for at, text := range map[string]string{rootfs + "/etc/a/secret": secret, data + "/keys/id": secret} {
			if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink("data", rootfs+"/dlink"); err != nil {
			t.Fatal(err)
		}
		up := "/src/" + filepath.Base(rootfs)
		for _, tt := range []struct{ deny, volume, command string }{
			{"/etc/a/secret", filepath.Dir(rootfs) + ":/src", "cat " + up + "/etc/a/secret"},
			{"/mnt/a/secret", rootfs + "/etc:/mnt", "cat /etc/a/secret"},
			{"/etc/a/secret", rootfs + "/etc:/mnt", "cat /mnt/a/secret; mv /etc/a /etc/b; cat /mnt/b/secret; mv /etc/a /srv; cat /srv/secret"},
			{"/dlink/keys/id", data + ":/again", "cat /again/keys/id"},
		} {
			for _, mode := range [][]string{nil, {"--read-only"}, {"--ephemeral"}} {
				args := append([]string{userns, "--seccomp=unconfined", "-v", data + ":/data", "-v", tt.volume, "--deny", tt.deny}, mode...)
				r := kit.Run(t, append(args, rootfs, "sh", "-c", tt.command+"; echo end")...)
				if !r.Lacks(t) && (strings.Contains(r.Stdout, strings.TrimSpace(secret)) || !strings.HasSuffix(r.Stdout, "end\n")) {
					t.Errorf("%v %v: exit status %d %q %s", mode, tt, r.Status, r.Stdout, r.Stderr)
				}
			}
		}
	})
}

func TestARootfsHasDeniedPathsToo(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		for _, mode := range [][]string{nil, {"--read-only"}, {"--ephemeral"}, {"--overlay", kit.Dir(t)}} {
			rootfs := kit.Rootfs(t)
			data := kit.Dir(t)
			for _, at := range []string{rootfs + "/etc/secret", data + "/secret"} {
				if err := os.WriteFile(at, []byte(secret), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Symlink("/etc/secret", rootfs+"/etc/link"); err != nil {
				t.Fatal(err)
			}
			flags := append([]string{userns, "--deny", "/etc/link", "--deny", "/sys/kernel", "--deny", "/data/secret", "-v", data + ":/data", "-v", data + ":/again"}, mode...)
			for _, at := range []string{"/etc/secret", "/etc/link", "/data/secret", "/again/secret"} {
				if r := kit.Run(t, append(flags, rootfs, "probe", "read", at)...); !r.Lacks(t) && (r.Stdout == secret || r.Status > 1) {
					t.Errorf("%v: read %s: exit status %d %q %s", mode, at, r.Status, r.Stdout, r.Stderr)
				}
			}
			if r := kit.Run(t, append(flags, rootfs, "probe", "ls", "/sys/kernel")...); !r.Lacks(t) && strings.TrimSpace(r.Stdout) != "" && r.Stdout != "EACCES\n" {
				t.Errorf("%v: /sys/kernel has %q", mode, r.Stdout)
			}
		}
	})
}
