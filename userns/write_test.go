package userns

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// requireUnprivileged is for tests that need a user with subordinate ids. Root is
// another case, tested elsewhere; but where the tests must run, as in CI, a
// machine that is not set up is a failure and not a reason to skip.
func requireUnprivileged(t *testing.T) Host {
	t.Helper()
	if os.Getuid() == 0 {
		t.Skip("runs as a user without root")
	}
	h := Probe()
	h.SubUID, h.SubGID = ownRanges(t, "/etc/subuid"), ownRanges(t, "/etc/subgid")
	if len(h.SubUID.Ranges) == 0 || len(h.SubGID.Ranges) == 0 || !h.NewUIDMap.Usable() || !h.NewGIDMap.Usable() {
		complain := t.Skipf
		if os.Getenv("URUN_TEST_MUST_RUN") == "1" {
			complain = t.Fatalf
		}
		complain("no full range here: ranges %v and %v, %q, %q", h.SubUID.Ranges, h.SubGID.Ranges, h.NewUIDMap.Why, h.NewGIDMap.Why)
	}
	return h
}

// ownRanges is a small reader of its own: this package must not know the files.
func ownRanges(t *testing.T, path string) Subordinate {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Skip("no passwd entry: ", err)
	}
	s := Subordinate{Source: path}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s
	}
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), me.Username+":"); ok {
			m, err := ParseMap("0:" + rest)
			if err != nil {
				t.Fatal(err)
			}
			s.Ranges = append(s.Ranges, Range{m.HostID, m.Size})
		}
	}
	return s
}

// newNamespace starts a process in a user namespace without maps and returns its
// pid. It ends with the test.
func newNamespace(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("/bin/cat")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER}
	if err := cmd.Start(); err != nil {
		if os.Getenv("URUN_TEST_MUST_RUN") == "1" {
			t.Fatal("create a user namespace:", err)
		}
		t.Skip("create a user namespace:", err)
	}
	t.Cleanup(func() {
		stdin.Close()
		cmd.Wait()
	})
	return cmd.Process.Pid
}

func procFile(t *testing.T, pid int, name string) string {
	t.Helper()
	content, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func written(t *testing.T, c Choice) (uids, gids, setgroups string) {
	t.Helper()
	pid := newNamespace(t)
	if err := c.Write(pid); err != nil {
		t.Fatal(err)
	}
	return show(parseProc([]byte(procFile(t, pid, "uid_map")))), show(parseProc([]byte(procFile(t, pid, "gid_map")))),
		strings.TrimSpace(procFile(t, pid, "setgroups"))
}

func TestTheKernelTakesEveryModesMaps(t *testing.T) {
	h := requireUnprivileged(t)
	for _, mode := range []Mode{Auto, KeepID} {
		c, err := Choose(Wish{Mode: mode}, h)
		if err != nil || c.Lost != nil || c.Method != Helpers {
			t.Fatalf("mode %d: lost %q, %v", mode, lines(c.Lost), err)
		}
		uids, gids, setgroups := written(t, c)
		if uids != show(c.UIDs) || gids != show(c.GIDs) || setgroups != "allow" {
			t.Errorf("mode %d: got %s and %s, setgroups %s, want %s and %s", mode, uids, gids, setgroups, show(c.UIDs), show(c.GIDs))
		}
	}
}

// Keeps away CVE-2014-8989: leaving a group by way of a user namespace.
func TestOneIDDeniesSetgroups(t *testing.T) {
	h := Probe()
	for _, mode := range []Mode{Single, KeepID} {
		c, err := Choose(Wish{Mode: mode}, Host{UID: h.UID, GID: h.GID, SetFCap: h.SetFCap, UIDMap: h.UIDMap, GIDMap: h.GIDMap})
		if err != nil {
			t.Fatal(err)
		}
		uids, gids, setgroups := written(t, c)
		if uids != show(c.UIDs) || gids != show(c.GIDs) || setgroups != "deny" {
			t.Errorf("mode %d: got %s and %s, setgroups %s, want %s and %s", mode, uids, gids, setgroups, show(c.UIDs), show(c.GIDs))
		}
	}
}

// asRoot says whether the test runs with root's capabilities. If not, it runs the
// test again as root of a user namespace with a full range, which is where urun
// finds itself inside another container.
func asRoot(t *testing.T) bool {
	t.Helper()
	if h := Probe(); h.SetUID && h.SetGID && h.SetFCap {
		return true
	}
	c, err := Choose(Wish{}, requireUnprivileged(t))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", "-c", `read go; exec "$0" "$@"`, os.Args[0], "-test.v", "-test.run=^"+t.Name()+"$")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal("create a user namespace:", err)
	}
	err = c.Write(cmd.Process.Pid)
	if err == nil {
		_, err = stdin.Write([]byte("\n"))
	}
	stdin.Close()
	if failed := cmd.Wait(); err != nil || failed != nil || !strings.Contains(out.String(), "--- PASS: "+t.Name()) {
		t.Fatalf("as root of a user namespace: %v, %v\n%s", err, failed, out.String())
	}
	return false
}

func TestRootWritesTheMapsItself(t *testing.T) {
	if !asRoot(t) {
		return
	}
	h := Probe()
	c, err := Choose(Wish{}, h)
	if err != nil || c.Method != Direct || c.Lost != nil {
		t.Fatalf("lost %q, %v", lines(c.Lost), err)
	}
	uids, gids, setgroups := written(t, c)
	if uids != show(c.UIDs) || gids != show(c.GIDs) || setgroups != "allow" {
		t.Errorf("got %s and %s, setgroups %s, want %s and %s", uids, gids, setgroups, show(c.UIDs), show(c.GIDs))
	}
}

func TestNewuidmapsRefusalLeadsToOneID(t *testing.T) {
	h := requireUnprivileged(t)
	// Ids that are not the user's, as when the files changed meanwhile.
	h.SubUID.Ranges = []Range{{h.SubUID.Ranges[0].Start + h.SubUID.Ranges[0].Count, 1}}
	c, err := Choose(Wish{}, h)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Write(newNamespace(t))
	var failed *HelperError
	if !errors.As(err, &failed) || !strings.Contains(failed.Stderr, "not allowed") {
		t.Fatalf("got %v", err)
	}
	one, ok := Fallback(c, err)
	if !ok {
		t.Fatal("no fallback")
	}
	if uids, _, setgroups := written(t, one); uids != "0:"+strconv.Itoa(int(h.UID))+":1" || setgroups != "deny" {
		t.Errorf("got %s, setgroups %s", uids, setgroups)
	}
}

func TestCustomMapsReachTheKernel(t *testing.T) {
	h := requireUnprivileged(t)
	u, g := h.SubUID.Ranges[0].Start, h.SubGID.Ranges[0].Start
	c, err := Choose(Wish{
		Mode:    Custom,
		UIDMaps: []specs.LinuxIDMapping{{ContainerID: 5, HostID: u + 10, Size: 20}, {ContainerID: 0, HostID: h.UID, Size: 1}},
		GIDMaps: []specs.LinuxIDMapping{{ContainerID: 7, HostID: g, Size: 1}},
	}, h)
	if err != nil {
		t.Fatal(err)
	}
	if uids, gids, _ := written(t, c); uids != show(c.UIDs) || gids != show(c.GIDs) {
		t.Errorf("got %s and %s, want %s and %s", uids, gids, show(c.UIDs), show(c.GIDs))
	}
}

func TestWriteToAProcessThatIsGone(t *testing.T) {
	c, err := Choose(Wish{Mode: Single}, laptop(nil))
	if err != nil {
		t.Fatal(err)
	}
	// Above the highest pid_max, 2^22.
	if err := c.Write(1 << 23); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "write setgroups of 8388608: ") {
		t.Errorf("got %v", err)
	}
}

func BenchmarkWriteWithHelpers(b *testing.B) {
	if os.Getuid() == 0 {
		b.Skip("runs as a user without root")
	}
	t := &testing.T{}
	h := Probe()
	h.SubUID, h.SubGID = ownRanges(t, "/etc/subuid"), ownRanges(t, "/etc/subgid")
	c, err := Choose(Wish{}, h)
	if err != nil || c.Method != Helpers {
		b.Skip("no full range: ", lines(c.Lost), err)
	}
	for b.Loop() {
		b.StopTimer()
		cmd := exec.Command("/bin/cat")
		stdin, _ := cmd.StdinPipe()
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		err := c.Write(cmd.Process.Pid)
		b.StopTimer()
		stdin.Close()
		cmd.Wait()
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
