package inside

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/urun-project/urun/subid"
	"github.com/urun-project/urun/test/testenv"
	"github.com/urun-project/urun/userns"
)

// ids are those that the user of the test gets.
func ids(t *testing.T, mode userns.Mode) userns.Choice {
	t.Helper()
	h := userns.Probe()
	h.Name, _ = subid.Name(h.UID)
	for kind, to := range map[subid.Kind]*userns.Subordinate{subid.UIDs: &h.SubUID, subid.GIDs: &h.SubGID} {
		r, err := subid.Lookup(kind, h.Name, h.UID)
		*to = userns.Subordinate{Ranges: r.Ranges, Source: r.Source, Err: err}
	}
	c, err := userns.Choose(userns.Wish{Mode: mode}, h)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// mappings runs a test with one id and with the full range.
func mappings(t *testing.T, test func(*testing.T, userns.Choice)) {
	testenv.Mappings(t, func(t *testing.T, flag string) {
		mode := userns.Single
		if flag == "--userns=auto" {
			mode = userns.Auto
		}
		test(t, ids(t, mode))
	})
}

func TestTheHelperHasTheCallersIDsAndNothingElse(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice) {
		before := descriptors(t)
		if err := run(Job{}, c); err == nil || !strings.Contains(err.Error(), "does not know") {
			t.Errorf("an empty job: %v", err)
		}
		if err := Remove("relative", c); err == nil || !strings.Contains(err.Error(), `"relative"`) {
			t.Errorf("a relative path: %v", err)
		}
		if after := descriptors(t); !slices.Equal(before, after) {
			t.Errorf("descriptors were %v and are %v", before, after)
		}
	})
}

func descriptors(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestAMapWithoutTheCallerAsRootIsRefused(t *testing.T) {
	testenv.Unprivileged(t)
	if err := run(Job{}, ids(t, userns.KeepID)); err != errCallerNotRoot {
		t.Errorf("keep-id: %v", err)
	}
	if err := run(Job{}, userns.Choice{}); err != errCallerNotRoot {
		t.Errorf("no map: %v", err)
	}
}

// Whoever gives urun the name by hand gets no further than with any other first argument.
func TestTheNameAloneIsNotEnough(t *testing.T) {
	testenv.Unprivileged(t)
	dir := kit.Dir(t)
	c := exec.Command(kit.Urun)
	c.Args = []string{Name}
	c.Stdin = strings.NewReader(`{"name":"remove","args":"` + base64.StdEncoding.EncodeToString([]byte(dir)) + `"}`)
	r := testenv.Finish(t, c)
	if r.Status == 0 && strings.Contains(r.Stdout, "{") {
		t.Errorf("status %d, stdout %s", r.Status, r.Stdout)
	}
	null, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	c = exec.Command(kit.Urun)
	c.Args, c.ExtraFiles = []string{Name}, []*os.File{null}
	if r := testenv.Finish(t, c); strings.Contains(r.Stdout, "{") {
		t.Errorf("with a file as descriptor 3: status %d, stdout %s", r.Status, r.Stdout)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Error(err)
	}
}
