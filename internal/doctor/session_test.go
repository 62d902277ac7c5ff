//go:build session

package doctor

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/test/testenv"
)

// The tests of this file take a systemd --user and a cgroup that is the user's: hack/session has both.

func TestARealSystemdIsAsked(t *testing.T) {
	testenv.Unprivileged(t)
	var c Cgroups
	askCgroups(context.Background(), &c, []string{os.Getenv("DBUS_SESSION_BUS_ADDRESS")}, "")
	if c.Err != nil || c.Bus != nil || c.Version == "" || c.Managed == nil || c.Lingers {
		t.Errorf("it is %+v", c)
	}
}

func TestACgroupIsMadeByHandAndRemoved(t *testing.T) {
	testenv.Unprivileged(t)
	host, err := cgroup2.Probe()
	if err != nil {
		t.Fatal(err)
	}
	list := func() []string {
		dirs, _ := filepath.Glob(filepath.Join(host.Mount, host.Own, "*")) // the pattern is right
		return slices.DeleteFunc(dirs, func(d string) bool { st, err := os.Stat(d); return err != nil || !st.IsDir() })
	}
	before := list()
	var c Cgroups
	askCgroups(context.Background(), &c, nil, "")
	if c.Bus == nil || c.Direct != nil || !strings.HasPrefix(c.Dir, host.Mount) || c.Own == nil {
		t.Errorf("it is %+v", c)
	}
	if after := list(); !slices.Equal(before, after) {
		t.Errorf("the cgroups were %v and are %v", before, after)
	}
}
