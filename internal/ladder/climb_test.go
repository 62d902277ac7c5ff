package ladder

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/urun-project/urun/userns"
)

var update = flag.Bool("update", false, "write testdata/hosts.txt anew")

func standing(i int) Standing {
	tt := hosts[i]
	h, w := tt.from(), Plain()
	if tt.host != nil {
		tt.host(&h)
	}
	if tt.wish != nil {
		tt.wish(&w)
	}
	return Climb(h, w)
}

// readable is a standing for people who look at what a change does to all machines.
func readable(name string, s Standing) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n  rung      %s\n", name, s.Rung())
	if s.Works() {
		drivers := "none"
		if len(s.Drivers) > 0 {
			drivers = fmt.Sprint(s.Drivers)
		}
		fmt.Fprintf(&b, "  ids       %s\n  drivers   %s\n  cgroup by %s\n", ids(s.IDs), drivers, s.Limits)
	}
	for _, l := range s.Lost {
		fmt.Fprintf(&b, "  lost      %s [%s, %s]\n", l, l.Property, string(l.Who))
	}
	for _, l := range s.Attempts {
		fmt.Fprintf(&b, "  attempt   %s [%s, %s]\n", l, l.Property, string(l.Who))
	}
	if s.Err != nil {
		fmt.Fprintf(&b, "  error     %s\n", s.Err)
	}
	return b.String()
}

func ids(c userns.Choice) string {
	how := "by the files of /proc"
	if c.Method == userns.Helpers {
		how = "by newuidmap and newgidmap"
	}
	var list []string
	for _, m := range c.UIDs {
		list = append(list, fmt.Sprintf("%d:%d:%d", m.ContainerID, m.HostID, m.Size))
	}
	return strings.Join(list, " ") + " " + how
}

func TestWhereEachMachineStands(t *testing.T) {
	var all strings.Builder
	for i, tt := range hosts {
		s := standing(i)
		if got := s.Rung(); got != tt.rung {
			t.Errorf("%s: stands on %q, want %q", tt.name, got, tt.rung)
		}
		all.WriteString(readable(tt.name, s) + "\n")
	}
	if *update {
		if err := os.WriteFile("testdata/hosts.txt", []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/hosts.txt")
	if err != nil {
		t.Fatal(err)
	}
	got, old := strings.Split(all.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(got), len(old)) {
		if i >= len(got) || i >= len(old) || got[i] != old[i] {
			t.Fatalf("line %d of testdata/hosts.txt differs: got %q; if it is meant, run the test with -update", i+1, append(got, "nothing")[min(i, len(got))])
		}
	}
}

// order is that of the properties in loss.go.
var order = []Property{Namespaces, IDs, Proc, Sys, CgroupNS, CgroupGuard, Network, Driver, Names, Ports, Writing, Limits, Swap, Scope, Linger, MountPoints, Writes, Shared, Records, Hostname, Keyring, Landlock}

// What holds on every machine: losses come in one order, each once; each is one line that says what is lost and why; who can do
// something has something to do; where something runs there is no attempt that failed, and where nothing does there is a reason.
func TestWhatHoldsOnEveryMachine(t *testing.T) {
	for i, tt := range hosts {
		s := standing(i)
		if s.Works() == (len(s.Attempts) > 0 || s.Err != nil) || (s.Rung() == Nothing) == s.Works() {
			t.Errorf("%s: %+v", tt.name, s)
		}
		last, lines := -1, map[string]bool{}
		for _, l := range s.Lost {
			at := slices.Index(order, l.Property)
			if at < last || at < 0 {
				t.Errorf("%s: %s comes too late", tt.name, l.Property)
			}
			last = at
			if lines[l.String()] {
				t.Errorf("%s: said twice: %s", tt.name, l)
			}
			lines[l.String()] = true
			if l.Property != IDs && !strings.Contains(s.Rung(), ", ") && s.Works() {
				t.Errorf("%s: the rung %s does not tell of %s", tt.name, s.Rung(), l.Property)
			}
		}
		for _, l := range slices.Concat(s.Lost, s.Attempts) {
			line := l.String()
			if l.Lost == "" || l.Cause == "" || strings.ContainsAny(line, "\n\r") || (l.Fix == "") != (l.Who == "") || strings.HasSuffix(line, ".") {
				t.Errorf("%s: %#v", tt.name, l)
			}
			if l.Who != "" && !slices.Contains([]Who{You, Administrator, Starter, Outer}, l.Who) {
				t.Errorf("%s: who is %q?", tt.name, l.Who)
			}
		}
	}
}

// What nobody has looked at is no obstacle, and what is asked of nobody is not lost.
func TestWhatIsNotKnownIsNotLost(t *testing.T) {
	h := laptop()
	for name, w := range map[string]Wish{
		"plain": Plain(), "in the background": {IDs: Plain().IDs, Manager: "auto", Detached: true}, "with limits": {Manager: "auto", Limits: limits()},
	} {
		h.Kernel, h.Cgroups = "", Cgroups{}
		if s := Climb(h, w); len(s.Lost) > 0 || !s.Works() {
			t.Errorf("%s: lost %v, %v", name, s.Lost, s.Refusal())
		}
	}
	none := Host{IDs: h.IDs, Proc: No, Sys: No, CgroupNS: No, MountPoints: Yes, Failed: []Failure{{"gvisor", os.ErrClosed}}}
	if s := Climb(none, Wish{IDs: userns.Wish{Mode: userns.Single}}); len(s.Lost) > 0 || !s.Works() || s.Limits != "none" {
		t.Errorf("a wish for nothing: lost %v, %v", s.Lost, s.Refusal())
	}
}

// More that is refused never gives more.
func TestWhatIsRefusedDoesNotHelp(t *testing.T) {
	for i, tt := range hosts {
		h, w := tt.from(), Plain()
		if tt.host != nil {
			tt.host(&h)
		}
		if tt.wish != nil {
			tt.wish(&w)
		}
		before := standing(i)
		for what, worse := range map[string]func(*Host){
			"proc": func(h *Host) { h.Proc = No }, "sys": func(h *Host) { h.Sys = No }, "cgroup": func(h *Host) { h.CgroupNS = No },
			"mount points": func(h *Host) { h.MountPoints = No }, "keys": func(h *Host) { h.Keys = No },
			"ranges": func(h *Host) { h.IDs.SubUID.Ranges = nil }, "namespaces": func(h *Host) { h.Guards.Errno = 1 },
		} {
			less := h
			worse(&less)
			after := Climb(less, w)
			if !before.Works() && after.Works() || after.Works() && len(after.Lost) < len(before.Lost) {
				t.Errorf("%s, without %s: before %s, after %s", tt.name, what, before.Rung(), after.Rung())
			}
			if what == "namespaces" && after.Works() {
				t.Errorf("%s: namespaces are refused, and it works", tt.name)
			}
		}
	}
}

func TestARefusalListsEveryAttempt(t *testing.T) {
	h := laptop()
	h.Guards = Guards{Errno: 1, Filter: Yes, Seccomp: true, Chroot: Yes, Label: "lxc (enforce)", Sysctls: map[string]string{unprivilegedClone: "0"}}
	h.Kernel = "4.19.0"
	err := Climb(h, Plain()).Refusal()
	for _, says := range []string{"Linux 4.19.0", "seccomp", unprivilegedClone, "the profile lxc", "chroot(2)"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q is not in: %v", says, err)
		}
	}
	strict := &LostError{Lost: []Loss{{IDs, "a", "b", "c", You, "d"}, {Proc, "e", "f", "", "", ""}}}
	if got, want := strict.Error(), "--strict: a: b; you can c; d; also: e: f"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
