package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/urun-project/urun/internal/container"
	"github.com/urun-project/urun/internal/state"
)

// recorded are containers that run, for as long as the test, and how to get at them: also for the verbs.
func recorded(t *testing.T, list ...state.Record) container.Access {
	t.Helper()
	runtime := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", runtime)
	a := container.Access{States: []string{runtime + "/urun"}}
	dir, err := state.Open(a.States)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		e, err := dir.Add(r)
		if err != nil {
			t.Fatal(err)
		}
		if r.Ended.IsZero() {
			t.Cleanup(e.Close)
		} else {
			e.Leave()
		}
	}
	return a
}

// printed is what is written to standard output meanwhile.
func printed(t *testing.T, do func() error) (string, error) {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	was := os.Stdout
	os.Stdout = f
	err = do()
	os.Stdout = was
	b, wrong := os.ReadFile(f.Name())
	if wrong != nil {
		t.Fatal(wrong)
	}
	return string(b), err
}

// A container chooses none of it, and yet: names of commands and paths can have in them what a terminal obeys.
func TestPsPrintsNothingThatATerminalObeys(t *testing.T) {
	const bad = "\x1b[2J\r\n\t\b\x7f\u009b31m\u202e\u2028\v\f"
	now := time.Now()
	hostile := state.Record{
		ID: "a" + bad, Name: "n" + bad, Created: now, Command: []string{bad, "x" + bad}, Rootfs: "/r" + bad, Network: state.Network{Mode: bad, Ports: []state.Port{{Protocol: bad, HostIP: bad}}},
		Life: state.Life{Started: now, Error: bad}, Wishes: state.Wishes{Log: "/l" + bad},
	}
	ended := hostile
	ended.ID, ended.Name, ended.Ended, ended.Keep = "b"+bad, "m"+bad, now, true
	recorded(t, hostile, ended)
	every := "{{.ID}} {{.Names}} {{.Rootfs}} {{.Image}} {{.Command}} {{.State}} {{.Status}} {{.Created}} {{.CreatedAt}} {{.RunningFor}} {{.Ports}} {{.Pid}} {{.ExitCode}} {{.ExitedAt}} {{.Networks}}"
	for name, c := range map[string]psFlags{
		"table": {}, "whole": {NoTrunc: true}, "ids": {Quiet: true}, "whole ids": {Quiet: true, NoTrunc: true}, "format": {Format: every}, "whole format": {Format: every, NoTrunc: true},
		"all of it": {Format: "{{.}}"}, "as JSON": {Format: "{{json .Command}}"}, "upper": {Format: "table {{upper .Status}}"},
	} {
		c.All = true
		out, err := printed(t, func() error { _, err := (&psCmd{c}).run(); return err })
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		want := 2
		if !c.Quiet && (c.Format == "" || strings.HasPrefix(c.Format, "table ")) {
			want++
		}
		if len(lines) != want {
			t.Errorf("%s: %d lines: %q", name, len(lines), out)
		}
		for _, line := range lines {
			if i := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
				t.Errorf("%s: at %d of %q", name, i, line)
			}
		}
	}
}

func TestPsForProgramsHasEveryField(t *testing.T) {
	full := state.Record{ID: "a", Name: "web", Command: []string{"sh"}, Pid: 7, Network: state.Network{Mode: "pasta", Ports: []state.Port{{HostPort: 1}}}, Alive: true}
	dead := full
	dead.Alive, dead.ExitCode, dead.Keep = false, 3, true
	for name, r := range map[string]state.Record{"none": {}, "full": full, "dead": dead} {
		b, err := json.Marshal(psJSONOf(r))
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		for key, value := range got {
			if value == nil {
				t.Errorf("%s: %s is null", name, key)
			}
		}
		if n := reflect.TypeFor[psJSON]().NumField(); len(got) != n || got["Id"] != r.ID || got["Exited"] != !r.Alive || got["AutoRemove"] != !r.Keep {
			t.Errorf("%s: %d fields of %d: %s", name, len(got), n, b)
		}
	}
	if got := psJSONOf(dead); got.Pid != 0 || got.ExitCode != 3 {
		t.Errorf("got %+v", got)
	}
	if got := psJSONOf(full); got.Pid != 7 || !reflect.DeepEqual(got.Names, []string{"web"}) || !reflect.DeepEqual(got.Networks, []string{"pasta"}) || len(got.Ports) != 1 {
		t.Errorf("got %+v", got)
	}
	recorded(t)
	for _, c := range []psFlags{{JSON: true}, {Format: "json"}, {JSON: true, Format: "json"}} { // of none there is a list, too
		if out, err := printed(t, func() error { _, err := (&psCmd{c}).run(); return err }); err != nil || out != "[]\n" {
			t.Errorf("%+v: %q, %v", c, out, err)
		}
	}
	if _, err := (&psCmd{psFlags{JSON: true, Format: "{{.ID}}"}}).run(); err == nil || !strings.Contains(err.Error(), "--json and --format") {
		t.Errorf("got %v", err)
	}
}
