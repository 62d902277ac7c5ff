package network

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// grown is a part of what urun tree --json tells.
type grown struct {
	Users []struct {
		UidMap     []string
		Containers []struct {
			Name       string
			Namespaces []struct {
				Type string   `json:"type"`
				Own  bool     `json:"own"`
				With []string // other containers
			}
			Processes []planted
			Mounts    struct {
				Root    struct{ Type string }
				Volumes []struct {
					Source, Destination string
					RW                  bool
				}
			}
			Network struct {
				Ports map[string][]struct{ HostIp, HostPort string }
			}
		}
	}
}

type planted struct {
	HostPID, PID  int
	User, Command string
	Outside       bool
	Children      []planted
}

// lines writes each process with the pids of those above it left out: what is outside without its flags.
func lines(list []planted, depth int) (all []string) {
	for _, p := range list {
		words := strings.Fields(p.Command)
		line := strings.Repeat(" ", depth) + filepath.Base(words[0])
		if !p.Outside {
			line = fmt.Sprintf("%s%d %s %s", strings.Repeat(" ", depth), p.PID, p.User, p.Command)
		}
		all = append(append(all, line), lines(p.Children, depth+1)...)
	}
	return all
}

func TestATreeShowsWhatBelongsTogether(t *testing.T) {
	needs(t)
	t.Parallel()
	web, side, at, volume := "web"+port(), "side"+port(), port(), t.TempDir()
	begin := func(net, name string, flags ...string) {
		t.Helper()
		args := slices.Concat([]string{"-d", "--rm", "--net", net, "--name", name}, flags, []string{rootfs, "sleep", "1000"})
		testenv.Finish(t, host(append([]string{urun}, args...)...)).OK(t)
		t.Cleanup(func() { testenv.Finish(t, host(urun, "rm", "-f", name)).OK(t) })
	}
	begin("gvisor", web, "-p", "127.0.0.1:"+at+":80", "-v", volume+":/tmp:ro", "--ephemeral")
	begin("container:"+web, side)
	start(t, host(urun, "exec", web, "sh", "-c", "echo ready; exec >&- 2>&-; sleep 500; true")).line("ready")

	var tree grown
	var text string
	processes := func() (all []string) {
		r := testenv.Finish(t, host(urun, "tree", "--json", side, web))
		r.OK(t)
		tree, text = grown{}, r.Stdout
		if err := json.Unmarshal([]byte(text), &tree); err != nil || len(tree.Users) != 1 || len(tree.Users[0].Containers) != 2 {
			t.Fatalf("%v: not two containers in one user namespace: %s", err, text)
		}
		return lines(tree.Users[0].Containers[0].Processes, 0)
	}
	want := []string{"urun-supervisor", " 1 root urun-init sleep 1000", "  2 root sleep 1000", " urun-netstack", "urun", " PID root sh -c echo ready; exec >&- 2>&-; sleep 500; true", "  PID root sleep 500"}
	eventually(t, "the processes are\n"+strings.Join(want, "\n"), func() bool { // the sleep may not have begun
		got := processes()
		if len(got) != len(want) {
			return false
		}
		for i := range got {
			words := strings.SplitN(strings.TrimLeft(got[i], " "), " ", 2)
			if strings.Contains(want[i], "PID") { // the container's shell decides
				got[i] = strings.Replace(got[i], words[0], "PID", 1)
			}
		}
		return slices.Equal(got, want)
	})
	c := tree.Users[0].Containers
	if c[0].Name != web || c[1].Name != side || len(tree.Users[0].UidMap) == 0 {
		t.Errorf("the oldest is not the first, or the ids are not mapped: %s", text)
	}
	for _, n := range c[0].Namespaces {
		shared := slices.Contains([]string{"user", "network"}, n.Type)
		if n.Own != (n.Type != "time") || slices.Equal(n.With, []string{side}) != shared {
			t.Errorf("of the %s namespace: %+v", n.Type, n)
		}
	}
	m := c[0].Mounts
	if m.Root.Type != "overlay" || len(m.Volumes) != 1 || m.Volumes[0].RW || m.Volumes[0].Source != volume || m.Volumes[0].Destination != "/tmp" {
		t.Errorf("the mounts are %+v", m)
	}
	if p := c[0].Network.Ports["80/tcp"]; len(p) != 1 || p[0].HostPort != at || p[0].HostIp != "127.0.0.1" {
		t.Errorf("the ports are %+v", c[0].Network.Ports)
	}

	drawn := host(urun, "tree", web)
	drawn.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TERM=xterm")
	r := testenv.Finish(t, drawn)
	r.OK(t)
	for _, line := range []string{"├─ namespaces", "shared with " + side, "/tmp ro from " + volume, "└─ 127.0.0.1:" + at + " -> 80/tcp", "what is written, in memory", "urun-netstack"} {
		if !strings.Contains(r.Stdout, line) {
			t.Errorf("the tree lacks %q:\n%s", line, r.Stdout)
		}
	}
	if strings.Contains(r.Stdout, "container "+side) {
		t.Errorf("the tree of one shows another:\n%s", r.Stdout)
	}
	testenv.Finish(t, host(urun, "tree", web, "nobody-has-this-name")).Refused(t, 125, "nobody-has-this-name")
}
