package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/container"
	"github.com/urun-project/urun/internal/namespaces"
)

// grove is a tree with all that there can be in one.
func grove() container.Tree {
	n := func(kind string, inode uint64, own bool, with ...string) container.TreeNamespace {
		return container.TreeNamespace{Namespace: namespaces.Namespace{Type: kind, Inode: inode, Own: own, Owner: 4026532300}, Host: !own, With: with}
	}
	p := func(host, pid int, command string, below ...container.TreeProcess) container.TreeProcess {
		t := container.TreeProcess{HostPID: host, PID: pid, Command: command, Children: below, Outside: pid == 0}
		if pid != 0 {
			t.User = "root"
		}
		return t
	}
	number := func(n uint64) *uint64 { return &n }
	web := container.TreeContainer{
		ID: strings.Repeat("0123456789abcdef", 4), Name: "web", Status: "running", Rung: "full range", StartedAt: time.Unix(1, 0), Command: []string{"./server", "--naïve", "日本語"},
		Namespaces: []container.TreeNamespace{n("user", 4026532300, true, "side"), n("mount", 4026532301, true), n("time", 4026531834, false)},
		Processes: []container.TreeProcess{
			p(4700, 0, "urun-supervisor -d --name web", p(4711, 1, "urun-init ./server", p(4713, 2, "./server"), p(4714, 3, "[evil \x1b]0;title\a \u202e]")), p(4712, 0, "urun-netstack")),
			p(4801, 0, "urun exec web sh", p(4805, 14, "sh")),
		},
		Mounts: container.TreeMounts{
			Root:    container.TreeRoot{Path: "/srv/root fs", Type: "overlay", RW: true, Layers: []string{"/srv/changes/upper", "/srv/root fs"}},
			Volumes: []container.InspectedMount{{Type: "bind", Source: "/home/you/src", Destination: "/src"}, {Type: "bind", Source: "/data", Destination: "/data", RW: true}},
			Tmpfs:   []string{"/dev", "/dev/shm"}, Kernel: []string{"/proc", "/sys"}, Masked: 14, ReadOnly: 5, Denied: []string{"/home/you/.ssh"},
		},
		Cgroup: container.TreeCgroup{Path: "/sys/fs/cgroup/urun-web.scope", CPUMax: "150000 100000",
			Use: &cgroup2.Stats{Memory: number(32 << 20), MemoryLimit: number(100 << 20), Pids: number(5), CPUUsec: number(3_210_000)}},
		Network: container.InspectedNetwork{Driver: "gvisor", Device: "tap0", IPAddress: "10.0.2.100",
			Ports: map[string][]container.InspectedPort{"80/tcp": {{HostIp: "0.0.0.0", HostPort: "8080"}, {HostIp: "::1", HostPort: "8080"}}, "53/udp": {{HostIp: "127.0.0.1", HostPort: "53"}}}},
		Notices: []string{"no limits here"},
	}
	side := container.TreeContainer{
		ID: strings.Repeat("fedcba9876543210", 4), Status: "paused", StartedAt: time.Unix(1, 0), Command: []string{"sleep", "1d"},
		Namespaces: []container.TreeNamespace{n("network", 4026532302, true, "web")}, Processes: []container.TreeProcess{p(5000, 1, "sleep 1d")},
		Mounts:  container.TreeMounts{Root: container.TreeRoot{Path: "/", Type: "ext4"}},
		Network: container.InspectedNetwork{Driver: "container", Container: web.ID},
	}
	return container.Tree{UID: 1000, Namespace: 4026531837, Users: []container.TreeUsers{
		{Inode: 4026532300, Own: true, UidMap: []string{"0:1000:1", "1:100000:65536"}, GidMap: []string{"0:1000:1"}, Containers: []container.TreeContainer{web, side}},
		{Inode: 4026531837, Containers: []container.TreeContainer{side}},
	}}
}

func TestContainersAreDrawnAsATree(t *testing.T) {
	ago := func(time.Time) string { return "5 minutes" }
	for file, p := range map[string]pen{"tree.txt": {marks: unicodeMarks()}, "tree-60.txt": {unicodeMarks(), 60}, "tree-ascii-70.txt": {asciiMarks(), 70}} {
		got := p.draw(treeOf(grove(), ago))
		name := filepath.Join("testdata", file)
		if *update {
			if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs; drawn is\n%s", name, got)
		}
		for line := range strings.Lines(got) {
			if n := columnsOf(strings.TrimSuffix(line, "\n")); p.width > 0 && n > p.width {
				t.Errorf("%s: %d columns, there are %d: %s", name, n, p.width, line)
			}
			if strings.ContainsAny(line, "\x1b\a\u202e") {
				t.Errorf("%s: a terminal would obey %q", name, line)
			}
		}
	}
	if got, want := (pen{marks: unicodeMarks()}).draw(treeOf(container.Tree{UID: 7, Namespace: 9}, ago)), "you: uid 7 in user namespace 9\n└─ no container runs\n"; got != want {
		t.Errorf("without containers: %q", got)
	}
}

func TestLinesAreCutAtTheWidth(t *testing.T) {
	for _, tt := range []struct {
		line  string
		width int
		want  string
	}{
		{"abcdef", 0, "abcdef"}, {"abcdef", 6, "abcdef"}, {"abcdef", 5, "abcd…"}, {"abc ef", 5, "abc…"}, {"日本語", 6, "日本語"}, {"日本語", 5, "日本…"}, {"日本語", 4, "日…"},
		{"e\u0301e\u0301", 2, "e\u0301e\u0301"}, {"abc", 1, "…"}, {"", 1, ""},
	} {
		if got := (pen{unicodeMarks(), tt.width}).fit(tt.line); got != tt.want {
			t.Errorf("%q in %d columns is %q, want %q", tt.line, tt.width, got, tt.want)
		}
	}
}

func TestBoxesAreDrawnWhereTheLocaleHasThem(t *testing.T) {
	for env, want := range map[string]bool{
		"LANG=de_DE.UTF-8": true, "LANG=C.utf8": true, "LANG=C": false, "": false, "LC_ALL=C LANG=C.UTF-8": false, "LC_CTYPE=C.UTF-8 LANG=C": true,
		"LC_ALL=C.UTF-8 TERM=dumb": false, "LC_ALL=C.UTF-8 TERM=xterm": true,
	} {
		got := unicodeLocale(func(name string) string {
			for word := range strings.FieldsSeq(env) {
				if value, ok := strings.CutPrefix(word, name+"="); ok {
					return value
				}
			}
			return ""
		})
		if got != want {
			t.Errorf("%s: %v", env, got)
		}
	}
}
