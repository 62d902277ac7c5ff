package doctor

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/urun-project/urun/internal/ladder"
)

var update = flag.Bool("update", false, "write the golden file")

const golden = "testdata/machines.txt"

// What a machine's report says is in one file, to be read from top to bottom: of the laptop all of it, of the others
// what differs from that.
func TestReportsOfMachines(t *testing.T) {
	var b strings.Builder
	healthy := map[string]bool{}
	for line := range strings.Lines(Assess(laptop()).Text(false)) {
		healthy[strings.Join(strings.Fields(line), " ")] = true
	}
	for _, m := range machines {
		f := laptop()
		m.change(f)
		b.WriteString("--- " + m.name + "\n")
		for line := range strings.Lines(Assess(f).Text(false)) {
			if line = strings.Join(strings.Fields(line), " "); m.name == "laptop" || !healthy[line] {
				b.WriteString(line + "\n")
			}
		}
	}
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	is, was := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range is {
		if i >= len(was) || is[i] != was[i] {
			t.Fatalf("%s differs at line %d (go test -update writes it):\n%s", golden, i+1, is[i])
		}
	}
	if len(is) != len(was) {
		t.Errorf("%s has %d lines, and there are %d", golden, len(was), len(is))
	}
}

// What holds of every report, whatever the machine.
func TestEveryReportIsComplete(t *testing.T) {
	for _, m := range machines {
		f := laptop()
		m.change(f)
		r := Assess(f)
		blocked := slices.ContainsFunc(r.Checks, func(c Check) bool { return c.State == Blocked })
		if r.Works == blocked {
			t.Errorf("%s: it works: %v, something is blocked: %v", m.name, r.Works, blocked)
		}
		if r.Works != strings.Contains(r.Summary, " will work here") {
			t.Errorf("%s: it works: %v, and the summary is %q", m.name, r.Works, r.Summary)
		}
		if works := ladder.Climb(f.Host(), ladder.Plain()).Works(); r.Works && !works {
			t.Errorf("%s: it is said to work, and the ladder says that it does not", m.name)
		}
		if bad := len(slices.DeleteFunc(slices.Clone(r.Checks), func(c Check) bool { return c.State == OK })); r.Works && bad < len(r.Lost) && f.Network.Tap == nil {
			t.Errorf("%s: %d lines tell of what is lost: %+v", m.name, bad, r.Lost)
		}
		for _, c := range r.Checks {
			switch {
			case c.Name == "" || c.Found == "":
				t.Errorf("%s: nothing was found: %+v", m.name, c)
			case c.State == OK && c.Means+c.Fix+string(c.Who)+c.Meanwhile != "":
				t.Errorf("%s: what is ok needs no more words: %+v", m.name, c)
			case c.State != OK && c.Means == "":
				t.Errorf("%s: what does it mean? %+v", m.name, c)
			case (c.Fix == "") != (c.Who == ""):
				t.Errorf("%s: a fix has someone who can apply it: %+v", m.name, c)
			}
			for _, text := range []string{c.Found, c.Means, c.Fix, c.Meanwhile} {
				if strings.Contains(text, "  ") || strings.HasSuffix(text, ".") {
					t.Errorf("%s: %q", m.name, text)
				}
			}
		}
		for line := range strings.Lines(r.Text(false)) {
			if strings.ContainsFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool { return !unicode.IsPrint(r) }) && !strings.HasPrefix(line, "\t") {
				t.Errorf("%s: a terminal would obey %q", m.name, line)
			}
		}
	}
}

// Programs read these names.
func TestTheNamesOfChecksAreDocumented(t *testing.T) {
	names := map[string]bool{}
	for _, m := range machines {
		f := laptop()
		m.change(f)
		for _, c := range Assess(f).Checks {
			names[c.Name] = true
		}
	}
	want := []string{"account", "apparmor", "cgroup-guard", "cgroups", "config", "data-dir", "home", "hostname", "ids", "image-writes", "init", "kernel", "keyring", "landlock", "limits", "linger", "namespaces", "network",
		"overlay", "ports", "proc", "rootfs", "rootfs-overlay", "runtime-dir", "seccomp", "start", "state-dir", "subgid", "subuid", "sys", "systemd", "tun"}
	var have []string
	for n := range names {
		have = append(have, n)
	}
	slices.Sort(have)
	if !slices.Equal(have, want) {
		t.Errorf("there are\n%v, documented are\n%v", have, want)
	}
}

func TestTheFieldsOfTheJSON(t *testing.T) {
	f := laptop()
	f.Users.Host.SubUID.Ranges = nil
	f.Network.Facts.Tun = os.ErrNotExist
	b, err := json.Marshal(Assess(f))
	if err != nil {
		t.Fatal(err)
	}
	var r map[string]any
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	fields := func(m map[string]any) (list []string) {
		for k := range m {
			list = append(list, k)
		}
		slices.Sort(list)
		return list
	}
	if got := strings.Join(fields(r), " "); got != "checks limits lost network rung summary works" {
		t.Errorf("the fields of a report are %s", got)
	}
	seen := map[string]bool{}
	for _, c := range r["checks"].([]any) {
		for _, k := range fields(c.(map[string]any)) {
			seen[k] = true
		}
	}
	if len(seen) != 7 || !seen["name"] || !seen["state"] || !seen["found"] || !seen["means"] || !seen["fix"] || !seen["who"] || !seen["meanwhile"] {
		t.Errorf("the fields of checks are %v", seen)
	}
}

func TestColorIsOnlyForVerdicts(t *testing.T) {
	f := laptop()
	f.Cgroups.Lingers = false
	f.Rootfs = &Rootfs{Dir: Dir{Path: "./rootfs"}}
	r := Assess(f)
	colored, plain := r.Text(true), r.Text(false)
	for _, s := range []string{"\x1b[32mok\x1b[0m  ", "\x1b[33mdegraded\x1b[0m  ", "\x1b[31mblocked\x1b[0m  "} {
		if !strings.Contains(colored, s) {
			t.Errorf("there is no %q", s)
		}
	}
	for _, code := range []string{"\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[0m"} {
		colored = strings.ReplaceAll(colored, code, "")
	}
	if colored != plain {
		t.Errorf("without its colors it is\n%s\nand not\n%s", colored, plain)
	}
}

func TestTheProfileIsForThisBinary(t *testing.T) {
	f := laptop()
	f.Self = "/home/a b/urun{1}"
	for _, m := range machines {
		if m.name == "ubuntu-apparmor" {
			m.change(f)
		}
	}
	r := Assess(f)
	if !strings.Contains(r.AppArmor, "\nprofile urun \"/home/a b/urun\\{1\\}\" flags=(unconfined) {\n  userns,\n") || !strings.HasSuffix(r.Text(false), r.AppArmor) {
		t.Errorf("the profile is\n%s", r.AppArmor)
	}
	if other := Assess(laptop()).AppArmor; other != "" {
		t.Errorf("a machine without AppArmor gets the profile\n%s", other)
	}
}
