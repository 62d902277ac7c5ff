//go:build vm

package vm

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
)

// What the filter of system calls refuses before Landlock is asked, is let through here. The kernels of these machines have other ABIs of Landlock than the one that the other tests run on: 2 in bookworm.
func TestLandlockHoldsWhatTheMountsDoNot(t *testing.T) {
	testenv.Unprivileged(t)
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 || abi < 2 {
		t.Fatalf("this machine was to have Landlock: ABI %d, %v", abi, errno)
	}
	t.Logf("ABI %d", abi)
	cache, err := os.UserHomeDir() // not below /tmp, which is empty inside
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.MkdirTemp(cache, "landlock")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	for _, dir := range []string{".ssh", "project/a", "project/b"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"file", ".ssh/id"} {
		if err := os.WriteFile(filepath.Join(home, file), []byte("before"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const probe = "/mnt/probe"
	args := func(flags ...string) []string {
		return append(append([]string{"--net=none", "--seccomp=unconfined", "--userns=single", "-u", "0", "-w", "/", "--read-only", "-v", rootfs + "/bin:/mnt", "-v", home + "/project"}, flags...), "/")
	}
	for _, tt := range []struct {
		flags   []string
		command []string
		want    string
	}{
		{[]string{"--cap-add=SYS_ADMIN"}, []string{"sh", "-c", "$0 remount-writable / && $0 write " + home + "/file after; $0 umount /tmp", probe}, "EACCES\nEPERM\n"},
		{nil, []string{probe, "write", home + "/project/a/x", "x"}, ""},
		{nil, []string{probe, "rename", home + "/project/a/x", home + "/project/b/x"}, ""},
		{nil, []string{probe, "write", "/tmp/x", "x"}, ""},
		{[]string{"--deny", home + "/.ssh"}, []string{probe, "ls", home + "/.ssh"}, ""}, // root inside sees an empty directory
		{[]string{"--deny", home + "/.ssh"}, []string{probe, "read", home + "/.ssh/id"}, "ENOENT\n"},
		{[]string{"--deny", home + "/.ssh"}, []string{probe, "umount", home + "/.ssh"}, "EPERM\n"},
		{[]string{"--deny", home + "/.ssh"}, []string{probe, "nested", "beneath", home, ".ssh/id"}, "EINVAL\nexit status 1\n"},
	} {
		if r := run(t, append(args(tt.flags...), tt.command...)...); r.Stdout != tt.want {
			t.Errorf("%v %v: exit status %d %q %s", tt.flags, tt.command, r.Status, r.Stdout, r.Stderr)
		}
	}
	if text, err := os.ReadFile(home + "/file"); err != nil || string(text) != "before" {
		t.Errorf("the file has %q: %v", text, err)
	}
}
