package userns

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// proc is a process's directory below /proc with these files; one that is "-" is missing.
func proc(t *testing.T, uids, gids, setgroups string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"uid_map": uids, "gid_map": gids, "setgroups": setgroups} {
		if text == "-" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestMapsOfAnotherProcess(t *testing.T) {
	const one, full = "         0       1000          1\n", "         0       1000          1\n         1     100000      65536\n"
	for name, tt := range map[string]struct {
		uids, gids, setgroups string
		want                  string // the maps
		deny                  bool
	}{
		"one id":            {one, one, "deny\n", "0:1000:1 / 0:1000:1", true},
		"the full range":    {full, full, "allow\n", "0:1000:1 1:100000:65536 / 0:1000:1 1:100000:65536", false},
		"different maps":    {full, one, "deny\n", "0:1000:1 1:100000:65536 / 0:1000:1", true},
		"every id there is": {"0 0 4294967295\n", "0 0 4294967295\n", "allow", "0:0:4294967295 / 0:0:4294967295", false},
	} {
		c, err := Of(proc(t, tt.uids, tt.gids, tt.setgroups))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := show(c.UIDs) + " / " + show(c.GIDs); got != tt.want || c.DenySetgroups != tt.deny || c.Rung != RungJoined {
			t.Errorf("%s: got %s, deny %v, %s, want %s, deny %v", name, got, c.DenySetgroups, c.Rung, tt.want, tt.deny)
		}
		if len(c.Lost) > 0 {
			t.Errorf("%s: what is lost is the other container's affair: %v", name, c.Lost)
		}
	}
	own, err := Of("/proc/self")
	if err != nil || len(own.UIDs) == 0 || len(own.GIDs) == 0 {
		t.Errorf("the test's own: %+v, %v", own, err)
	}
}

func TestMapsThatAreNotThere(t *testing.T) {
	for name, tt := range map[string]struct {
		uids, gids, setgroups string
		gone                  bool
		want                  string
	}{
		"the process has ended":    {"-", "-", "-", true, "uid_map"},
		"it ends meanwhile":        {"0 1000 1\n", "-", "-", true, "gid_map"},
		"no map yet":               {"", "0 1000 1\n", "allow\n", false, "uid_map: no ids are mapped there"},
		"no map of groups yet":     {"0 1000 1\n", "", "allow\n", false, "gid_map: no ids are mapped there"},
		"it ends at the last file": {"0 1000 1\n", "0 1000 1\n", "-", true, "setgroups"},
	} {
		_, err := Of(proc(t, tt.uids, tt.gids, tt.setgroups))
		if err == nil || !strings.Contains(err.Error(), tt.want) || errors.Is(err, fs.ErrNotExist) != tt.gone {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}
