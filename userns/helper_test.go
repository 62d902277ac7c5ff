package userns

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func program(t *testing.T, mode os.FileMode) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, "newuidmap")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return dir, path
}

func TestFindHelperSaysWhyItIsOfNoUse(t *testing.T) {
	plain, plainPath := program(t, 0o755)
	idle, idlePath := program(t, 0o600)
	own, ownPath := program(t, 0o755|os.ModeSetuid)
	owner := "belongs to uid "
	if os.Getuid() == 0 {
		owner = "" // root's own set-user-ID program is a good one
	}
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "newuidmap"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name       string
		dirs       []string
		noNewPrivs bool
		path, why  string
	}{
		{"absent", []string{t.TempDir()}, false, "", "newuidmap is not installed"},
		{"a directory", []string{folder}, false, "", "newuidmap is not installed"},
		{"no privilege", []string{folder, plain}, false, plainPath, "is neither set-user-ID root nor has it CAP_SETUID"},
		{"the first counts", []string{plain, own}, false, plainPath, "is neither set-user-ID root nor has it CAP_SETUID"},
		{"not executable", []string{idle}, false, idlePath, "may not be executed"},
		{"no_new_privs", []string{own}, true, ownPath, "no_new_privs is set, so newuidmap gets no privileges"},
		{"another's set-user-ID", []string{own}, false, ownPath, owner},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := findHelper(c.dirs, "newuidmap", unix.CAP_SETUID, c.noNewPrivs)
			if h.Path != c.path || !strings.Contains(h.Why, c.why) || h.Usable() != (c.why == "") {
				t.Errorf("got %q, %q, usable %v, want %q, %q", h.Path, h.Why, h.Usable(), c.path, c.why)
			}
			if (h.Why == "") != (h.Fix == "") || (h.Why == "") != (h.Who == "") {
				t.Errorf("a reason and its remedy do not come together: %q, %q, %q", h.Why, h.Fix, h.Who)
			}
		})
	}
}

func TestFindHelperTakesFileCapabilities(t *testing.T) {
	// Writing the attribute takes CAP_SETFCAP.
	if !asRoot(t) {
		return
	}
	dir, path := program(t, 0o755)
	attr := func(magic, permitted uint32) []byte {
		b := make([]byte, 20)
		binary.LittleEndian.PutUint32(b, magic)
		binary.LittleEndian.PutUint32(b[4:], permitted)
		return b
	}
	if err := unix.Setxattr(path, "security.capability", attr(0x02000001, 1<<unix.CAP_SETUID), 0); err != nil {
		t.Fatal("set a file capability: ", err)
	}
	if h := findHelper([]string{dir}, "newuidmap", unix.CAP_SETUID, false); !h.Usable() || h.Setuid {
		t.Errorf("not usable: %s", h.Why)
	}
	for name, bad := range map[string][]byte{
		"another capability": attr(0x02000001, 1<<unix.CAP_SETGID),
		"not effective":      attr(0x02000000, 1<<unix.CAP_SETUID),
	} {
		if err := unix.Setxattr(path, "security.capability", bad, 0); err != nil {
			t.Fatal(err)
		}
		if h := findHelper([]string{dir}, "newuidmap", unix.CAP_SETUID, false); h.Usable() {
			t.Errorf("%s: usable", name)
		}
	}
}

func TestParseProcReadsAMap(t *testing.T) {
	got := parseProc([]byte("         0       1000          1\n         1     100000      65536\n"))
	if show(got) != "0:1000:1 1:100000:65536" {
		t.Errorf("got %s", show(got))
	}
	for _, bad := range []string{"", "x", "1 2", "1 2 3 4", "1 2 4294967296"} {
		if got := parseProc([]byte(bad)); got != nil {
			t.Errorf("%q gives %s", bad, show(got))
		}
	}
}

func TestProbeSeesThisProcess(t *testing.T) {
	h := Probe()
	if int(h.UID) != os.Geteuid() || int(h.GID) != os.Getegid() {
		t.Errorf("got the ids %d and %d", h.UID, h.GID)
	}
	if _, ok := lineOf(h.UID, h.UIDMap); !ok {
		t.Errorf("uid %d is not in the map %s", h.UID, show(h.UIDMap))
	}
	if len(h.GIDMap) == 0 {
		t.Error("no map of gids")
	}
	status, err := os.ReadFile("/proc/thread-self/status")
	if err != nil {
		t.Fatal(err)
	}
	if nnp := strings.Contains(string(status), "NoNewPrivs:\t1"); nnp != h.NoNewPrivs {
		t.Errorf("no_new_privs: got %v, /proc says %v", h.NoNewPrivs, nnp)
	}
	if h.NewUIDMap.Name != "newuidmap" || h.NewGIDMap.Name != "newgidmap" {
		t.Errorf("got the helpers %q and %q", h.NewUIDMap.Name, h.NewGIDMap.Name)
	}
}

func BenchmarkProbe(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Probe()
	}
}
