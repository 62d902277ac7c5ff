package release

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// installer is an archive's install, for somebody with no Go and little else.
func installer(top string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(top, "install"), args...)
	c.Env = []string{"PATH=/usr/bin:/bin", "HOME=/nonexistent"}
	return c
}

func TestInstallFromAnArchive(t *testing.T) {
	top := unpack(t, runtime.GOARCH)
	prefix := filepath.Join(t.TempDir(), "a place's own", ".local")
	out := run(t, installer(top, prefix))
	for _, want := range []string{"urun " + version, prefix + "/bin is not in your PATH"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q: %s", want, out)
		}
	}
	got := names(t, prefix)
	for _, want := range []string{"bin/urun", "libexec/urun/urun-netstack", "libexec/urun/urun-image", "share/man/man1/urun.1", "share/bash-completion/completions/urun",
		"share/zsh/site-functions/_urun", "share/fish/vendor_completions.d/urun.fish", "share/doc/urun/LICENSE"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %s in %q", want, got)
		}
	}
	// urun finds its helper there: without one it would say so.
	explained := run(t, exec.Command(filepath.Join(prefix, "bin/urun"), "--explain", "--net", "gvisor", "/", "true"))
	if !strings.Contains(explained, "execveat") {
		t.Errorf("urun --explain: %s", explained)
	}
	run(t, installer(top, "-u", prefix))
	if left := names(t, prefix); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestInstallIsSilentAboutAPathThatIsThere(t *testing.T) {
	prefix := t.TempDir()
	c := installer(unpack(t, runtime.GOARCH), prefix+"//") // as completion of a shell's writes it
	c.Env[0] += ":" + prefix + "/bin"
	if out := run(t, c); strings.Contains(out, "PATH") {
		t.Errorf("it says %s", out)
	}
}

// The profile is found by the program's path, so each place needs its own.
func TestTheProfileNamesTheProgramThatWasInstalled(t *testing.T) {
	top, dir := unpack(t, runtime.GOARCH), t.TempDir()
	if err := os.Symlink("real", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "real"), 0o755); err != nil {
		t.Fatal(err)
	}
	run(t, installer(top, dir+"/link"))
	profile := string(read(t, dir+"/real/share/urun/apparmor/urun"))
	if want := "\nprofile urun \"" + dir + "/real/bin/urun\" flags="; !strings.Contains(profile, want) {
		t.Errorf("no %q in %s", want, profile)
	}
	// A pattern in the path would let other programs have it.
	run(t, installer(top, dir+"/a*"))
	if left, _ := filepath.Glob(dir + "/a[*]/share/urun/apparmor/*"); len(left) > 0 {
		t.Errorf("a profile for a pattern: %s", read(t, left[0]))
	}
}

func TestInstallKeepsWhatIsNotItsOwn(t *testing.T) {
	top, prefix := unpack(t, runtime.GOARCH), t.TempDir()
	mine := filepath.Join(prefix, "share/man/man1/mine.1")
	if err := os.MkdirAll(filepath.Dir(mine), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mine, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, installer(top, prefix))
	run(t, installer(top, prefix)) // what was there before the first is remembered
	run(t, installer(top, "-u", prefix))
	if left := names(t, prefix); !slices.Equal(left, []string{"share/man/man1/mine.1"}) {
		t.Errorf("left behind: %q", left)
	}
	if _, err := os.Stat(filepath.Join(prefix, "bin")); !os.IsNotExist(err) {
		t.Errorf("an empty directory that install made: %v", err)
	}
	if out, err := installer(top, "-u", prefix).CombinedOutput(); err == nil || !strings.Contains(string(out), "nothing was installed there") {
		t.Errorf("uninstalled again: %v: %s", err, out)
	}
}

func TestInstallRemovesWhatANewVersionNoLongerHas(t *testing.T) {
	old, now, prefix := unpack(t, runtime.GOARCH), unpack(t, runtime.GOARCH), t.TempDir()
	if err := os.Rename(old+"/share/man/man1/urun.1", old+"/share/man/man1/urun-old.1"); err != nil {
		t.Fatal(err)
	}
	run(t, installer(old, prefix))
	// Where make install once put it, and where urun would look first.
	if err := os.WriteFile(prefix+"/bin/urun-netstack", []byte("old"), 0o755); err != nil {
		t.Fatal(err)
	}
	run(t, installer(now, prefix))
	got := names(t, prefix)
	if slices.Contains(got, "share/man/man1/urun-old.1") || !slices.Contains(got, "share/man/man1/urun.1") || slices.Contains(got, "bin/urun-netstack") {
		t.Errorf("after the new one: %q", got)
	}
}

func TestDestdir(t *testing.T) {
	top, dest := unpack(t, runtime.GOARCH), t.TempDir()
	c := installer(top, "/opt/x")
	c.Env = append(c.Env, "DESTDIR="+dest)
	if out := run(t, c); out != "" {
		t.Errorf("it says %s", out)
	}
	if profile := string(read(t, dest+"/opt/x/share/urun/apparmor/urun")); !strings.Contains(profile, `"/opt/x/bin/urun"`) {
		t.Errorf("the profile is %s", profile)
	}
}

// Root's umask may be 077, and what is installed is for everybody.
func TestInstallIsForEverybody(t *testing.T) {
	top, prefix := unpack(t, runtime.GOARCH), filepath.Join(t.TempDir(), "local")
	run(t, exec.Command("sh", "-c", `umask 077 && PATH=/usr/bin:/bin exec "$@"`, "sh", filepath.Join(top, "install"), prefix))
	err := filepath.WalkDir(prefix, func(path string, d fs.DirEntry, err error) error {
		if info, ierr := d.Info(); ierr != nil || info.Mode()&0o044 != 0o044 || d.IsDir() && info.Mode()&0o011 != 0o011 {
			t.Errorf("%s: %v, %v", path, info.Mode(), ierr)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestInstallTakesOnlyAPrefix(t *testing.T) {
	top := unpack(t, runtime.GOARCH)
	for _, args := range [][]string{{"relative"}, {"/a", "/b"}, {"-x"}, {"/a\nb"}, {"--help"}} {
		if out, err := installer(top, args...).CombinedOutput(); err == nil || !strings.HasPrefix(string(out), "install: ") {
			t.Errorf("%q: %v: %s", args, err, out)
		}
	}
	c := installer(top, "/opt/x")
	c.Env = append(c.Env, "DESTDIR=relative")
	if out, err := c.CombinedOutput(); err == nil || string(out) != "install: DESTDIR relative: not an absolute path\n" {
		t.Errorf("%v: %s", err, out)
	}
}
