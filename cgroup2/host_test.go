package cgroup2

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestMountsAreRecognised(t *testing.T) {
	for _, c := range []struct{ name, mountinfo, want string }{
		{"pure v2", `
24 30 0:22 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw
31 23 0:27 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
`, "/sys/fs/cgroup nsdelegate [] unified"},
		{"without optional fields and nsdelegate", `31 23 0:27 / /sys/fs/cgroup rw - cgroup2 none rw`, "/sys/fs/cgroup [] unified"},
		{"hybrid", `
30 23 0:26 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:9 - tmpfs tmpfs ro,mode=755
31 30 0:27 / /sys/fs/cgroup/unified rw,nosuid shared:10 - cgroup2 cgroup2 rw,nsdelegate
32 30 0:28 / /sys/fs/cgroup/systemd rw,nosuid shared:11 - cgroup cgroup rw,xattr,name=systemd
35 30 0:31 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:15 - cgroup cgroup rw,cpu,cpuacct
36 30 0:32 / /sys/fs/cgroup/blkio rw,nosuid shared:16 - cgroup cgroup rw,blkio
37 30 0:32 / /mnt/blkio rw,nosuid shared:16 - cgroup cgroup rw,blkio
`, "/sys/fs/cgroup/unified nsdelegate [blkio cpu]"},
		{"v1", `
35 30 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
36 30 0:32 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
`, " [memory pids]"},
		{"none", `24 30 0:22 / /proc rw - proc proc rw`, " []"},
		{"nothing", "", " []"},
		{"another one before the usual place", `
31 23 0:27 / /mnt/cg rw - cgroup2 cgroup2 rw
32 23 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate
33 23 0:27 / /run/cg rw - cgroup2 cgroup2 rw
`, "/sys/fs/cgroup nsdelegate [] unified"},
		{"white space in the path", `31 23 0:27 / /mnt/a\040b\011c\134040 rw - cgroup2 cgroup2 rw`, "/mnt/a b\tc\\040 [] unified"},
		{"cut off", "31 23 0:27 / /sys/fs/cgroup rw - cgroup2\n - - -\n31 23 0:27 / /x rw shared:1", " []"},
		{"words where a type is expected", `31 23 0:27 / /cgroup2 rw - tmpfs cgroup2 rw,nsdelegate`, " []"},
	} {
		h, err := parseMounts(strings.NewReader(strings.TrimPrefix(c.mountinfo, "\n")))
		got := h.Mount
		if h.NSDelegate {
			got += " nsdelegate"
		}
		got += fmt.Sprint(" ", h.V1)
		if h.Unified() {
			got += " unified"
		}
		if err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

// What cannot be looked at may be the caller's: a protection is not left out for a guess.
func TestWhoseACgroupIs(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/cgroup.procs", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	me := os.Getuid()
	for _, c := range []struct {
		mount string
		uid   int
		want  bool
	}{{dir, me, true}, {dir, me + 1, false}, {dir + "/absent", me, true}, {"", me, false}} {
		if got := (Host{Mount: c.mount, Own: "/"}).Owned(c.uid); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestV1HoldsIOAsBlkio(t *testing.T) {
	h := Host{V1: []string{"blkio", "cpuset", "memory"}}
	if got := strings.Join(h.V1Holds([]string{"cpu", "cpuset", "io", "pids"}), " "); got != "cpuset io" {
		t.Errorf("got %s", got)
	}
	if got := (Host{}).V1Holds([]string{"cpu", "io"}); got != nil {
		t.Errorf("nothing holds %v", got)
	}
}

// own is the cgroup of the test, which every machine but one with cgroup v1 alone has.
func own(t *testing.T) string {
	t.Helper()
	path, err := CgroupOf(os.Getpid())
	if err != nil {
		t.Skip(err)
	}
	return path
}

func TestProbeSeesThisMachine(t *testing.T) {
	path := own(t)
	h, err := Probe()
	if err != nil || h.Own != path || !strings.HasPrefix(path, "/") {
		t.Errorf("got %+v, %v, and the cgroup is %q", h, err, path)
	}
	if _, err := CgroupOf(1 << 30); err == nil {
		t.Error("a process that is not there has a cgroup")
	}
}
