package doctor

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/ladder"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/test/testenv"
	"github.com/urun-project/urun/userns"
)

func examined(t *testing.T, o Options) *Findings {
	t.Helper()
	testenv.Unprivileged(t)
	o.Places = network.Places{Path: os.Getenv("PATH")}
	if o.Home == "" {
		o.Home = t.TempDir()
	}
	return Examine(context.Background(), o)
}

// The test machine lets its user have containers, which all other tests rely on.
func TestThisMachineIsExamined(t *testing.T) {
	dir := t.TempDir()
	data := t.TempDir()
	f := examined(t, Options{Rootfs: dir, DataDir: data + "/not/made"})
	if left, err := os.ReadDir(data); !f.Upper.Tried || f.Upper.Failed != nil && !strings.Contains(f.Upper.Failed.Error(), "overlay") || len(left) > 0 || err != nil {
		t.Errorf("an overlay that is written below it: %+v; left are %v, %v", f.Upper, left, err)
	}
	if f.Users.Clone != nil || f.Users.Power != nil || len(f.Users.Kinds) > 0 || f.Users.Range != nil {
		t.Errorf("user namespaces: %+v", f.Users)
	}
	if f.Files.Proc != nil || f.Files.Sys != nil || f.Files.Overlay != nil {
		t.Errorf("file systems: %+v", f.Files)
	}
	if f.Start.Failed != nil || f.Start.Unnamed {
		t.Errorf("the rehearsal of a start: %+v", f.Start)
	}
	if k := f.Kernel; k.Exec != nil || k.Filter != nil || k.Killed != nil || len(k.Calls) != len(needed()) || slices.ContainsFunc(k.Calls, func(c Call) bool { return c.Missing || c.Refused }) {
		t.Errorf("kernel: %+v", k)
	}
	if (f.Network.Facts.Tun == nil) != (f.Network.Tap == nil) {
		t.Errorf("the device can be opened: %v, and makes one: %v", f.Network.Facts.Tun, f.Network.Tap)
	}
	for program, path := range map[string]string{"slirp4netns": f.Network.Facts.Slirp, "pasta": f.Network.Facts.Pasta} {
		if path != "" && !strings.HasPrefix(f.Network.Versions[program], program) {
			t.Errorf("%s says %q", path, f.Network.Versions[program])
		}
	}
	if g := f.Guards; g.Seccomp || g.Filter != ladder.No || g.Chroot != ladder.No || g.Sysctls["user.max_user_namespaces"] == "" {
		t.Errorf("guards: %+v", g)
	}
	if u := f.Users.UIDs; u.Asked && (u.Answer.Err != nil) != (len(f.Users.Host.SubUID.Ranges) == 0) {
		t.Errorf("getsubids says %+v, and the files %+v", u.Answer, f.Users.Host.SubUID)
	}
	if r := f.Rootfs; !r.Empty || len(r.Missing) != 3 || r.Shell || r.Attach != nil || r.Type == "" || r.Free == 0 || int(r.Owner) != os.Getuid() || !r.Writable || r.ReadOnly {
		t.Errorf("an empty directory is %+v", r)
	}
	if d := f.Dirs; d.Home.Path == "" || !d.Home.Exists || d.Name == "" {
		t.Errorf("directories: %+v", d)
	}
}

// No child may be left, no descriptor, no mount, no cgroup: TestMain looks for the first two.
func TestExamineLeavesNothing(t *testing.T) {
	cgroups := func() (list []string) {
		for _, pattern := range []string{"/sys/fs/cgroup/urun-doctor-*", "/sys/fs/cgroup/*/urun-doctor-*", "/sys/fs/cgroup/*/*/urun-doctor-*"} {
			found, _ := filepath.Glob(pattern) // the pattern is right
			list = append(list, found...)
		}
		return list
	}
	before, err := testenv.Mounts()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	examined(t, Options{Rootfs: "/", StateDir: dir + "/state", DataDir: dir + "/data", Records: []string{dir + "/run/urun", dir + "/urun"}})
	after, err := testenv.Mounts()
	if err != nil || !slices.Equal(before, after) {
		t.Errorf("%v: the mounts were\n%v\nand are\n%v", err, before, after)
	}
	if left := cgroups(); len(left) > 0 {
		t.Errorf("cgroups are left: %v", left)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("files are left: %v %v", entries, err)
	}
}

func TestARootfsIsLookedAt(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"proc", "sys", "dev", "usr/bin"} {
		if err := os.MkdirAll(dir+"/"+d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// An absolute link stays in the rootfs.
	if err := os.Symlink("/usr/bin", dir+"/bin"); err != nil {
		t.Fatal(err)
	}
	h := examined(t, Options{}).Users.Host
	look := func() *Rootfs { return lookAtRootfs(dir, h) }
	if r := look(); r.Shell || r.Empty || len(r.Missing) > 0 {
		t.Errorf("without a shell it is %+v", r)
	}
	if err := os.WriteFile(dir+"/usr/bin/sh", nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(dir + "/sys"); err != nil {
		t.Fatal(err)
	}
	if r := look(); !r.Shell || !slices.Equal(r.Missing, []string{"/sys"}) || r.Overlay != nil || r.Attach != nil {
		t.Errorf("it is %+v", r)
	}
	if r := lookAtRootfs(dir+"/usr/bin/sh", h); !r.NotDir {
		t.Errorf("a file is %+v", r)
	}
	if r := lookAtRootfs(dir+"/absent/deeper", h); r.Exists || r.Err != nil {
		t.Errorf("what is not there is %+v", r)
	}
	if err := os.Chmod(dir, 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	if r := lookAtRootfs(dir+"/usr", h); r.Err == nil {
		t.Errorf("what may not be looked at is %+v", r)
	}
	if r := lookAtRootfs("/", h); !r.HostRoot || r.Attach != nil || r.Overlay != nil {
		t.Errorf("the host's root is %+v", r)
	}
}

// Each trial says what failed, and a child that hangs does not hold up the report.
func TestATrialTellsWhatFailed(t *testing.T) {
	testenv.Unprivileged(t)
	f := trial{steps: func(p *forkexec.Program) { p.Call("mount something", unix.SYS_MOUNT, "x", "/", "tmpfs", 0, 0) }}.do()
	if f == nil || f.Doing != "mount something" || f.Errno != unix.EPERM || f.Error() != "mount something: operation not permitted" {
		t.Errorf("a mount without privileges: %v", f)
	}
	if f := (trial{during: func(int) error { return unix.ENOSPC }}).do(); f == nil || f.Errno != unix.ENOSPC {
		t.Errorf("what is done to the child fails, and it is %v", f)
	}
	if f := (trial{flags: unix.CLONE_NEWPID}).do(); f == nil || f.Doing != "clone" || f.Errno != unix.EPERM {
		t.Errorf("a clone without privileges: %v", f)
	}
	f = trial{steps: func(p *forkexec.Program) {
		p.Call("die", unix.SYS_KILL, p.Call("itself", unix.SYS_GETPID), int(unix.SIGKILL))
	}}.do()
	if f == nil || f.Says != "was killed by signal SIGKILL" {
		t.Errorf("a child that is killed: %v", f)
	}
	start := time.Now()
	f = trial{steps: func(p *forkexec.Program) { p.Call("sleep", unix.SYS_PPOLL, 0, 0, 0, 0, 0) }}.do()
	if f == nil || time.Since(start) > 4*patience {
		t.Errorf("a child that hangs: %v after %s", f, time.Since(start))
	}
}

// Where newuidmap fails its words are kept: the ladder turns them into what to do.
func TestAHelperThatFails(t *testing.T) {
	f := examined(t, Options{})
	if f.Users.Range != nil || len(f.Users.Host.SubUID.Ranges) == 0 {
		testenv.Skip(t, "no subordinate ids, or no newuidmap")
	}
	f.Users.Host.SubUID.Ranges = []userns.Range{{Start: 1 << 30, Count: 65536}} // not the caller's
	tryRange(&f.Users)
	if f.Users.Range == nil || f.Users.Range.Err == nil || !strings.Contains(f.Users.Range.Error(), "newuidmap") {
		t.Fatalf("ids of nobody's: %v", f.Users.Range)
	}
	r := Assess(f)
	if i := slices.IndexFunc(r.Checks, func(c Check) bool { return c.Name == "ids" }); r.Checks[i].State != Degraded || !strings.Contains(r.Checks[i].Found, "newuidmap") {
		t.Errorf("the report says %+v", r.Checks[i])
	}
}

func TestHidePIDIsFound(t *testing.T) {
	const line = "22 28 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc "
	for options, want := range map[string]string{
		line + "rw\n": "", line + "rw,hidepid=2\n": "2", line + "rw,gid=5,hidepid=invisible\n": "invisible", line + "rw,hidepid=0\n": "", line + "rw,hidepid=off\n": "",
		line + "rw,hidepid=2\n" + line + "rw\n":                           "", // what is mounted last is what there is
		strings.Replace(line, "/proc", "/mnt/proc", 1) + "rw,hidepid=2\n": "", "x\n": "", "": "",
	} {
		if got := hidePID(options); got != want {
			t.Errorf("%q gives %q, want %q", options, got, want)
		}
	}
}

func TestDirectoriesAreLookedAt(t *testing.T) {
	testenv.Unprivileged(t)
	dir := t.TempDir()
	if d := lookAt(dir + "/a/b"); d.Exists || d.Err != nil || !d.Writable || int(d.Owner) != os.Getuid() {
		t.Errorf("one that could be made is %+v", d)
	}
	if d := lookAt("/proc/a/b"); d.Writable || d.Exists {
		t.Errorf("one that cannot be made is %+v", d)
	}
	if d := lookAt(""); d != (Dir{}) {
		t.Errorf("none is %+v", d)
	}
	if d := lookAt("/proc"); d.Type != "0x9fa0" || d.Writable {
		t.Errorf("/proc is %+v", d)
	}
	if err := os.MkdirAll(dir+"/run/urun", 0o700); err != nil {
		t.Fatal(err)
	}
	for want, list := range map[string][]string{
		dir + "/run/urun": {"/proc/urun", "/etc", dir + "/run/urun", dir + "/urun"},
		dir + "/urun":     {dir + "/absent/urun", dir + "/urun"},
		"":                {"/proc/urun", "/etc", dir + "/absent/urun"},
	} {
		if got := recordsDir(list); got != want {
			t.Errorf("of %v it is %q, want %q", list, got, want)
		}
	}
}

// Everything is asked side by side; here it takes 20 ms. The bound is for machines under load.
func TestExamineIsQuick(t *testing.T) {
	examined(t, Options{})
	start := time.Now()
	examined(t, Options{})
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %s", took)
	} else {
		t.Logf("%s on %d processors", took, runtime.NumCPU())
	}
}
