package ocispec

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// inContainer is the final specification of a container whose user is 5.
func inContainer() *specs.Spec {
	mask := uint32(0o027)
	return &specs.Spec{Process: &specs.Process{
		Terminal: true, ConsoleSize: &specs.Box{Height: 24, Width: 80}, Args: []string{"httpd", "-f"}, Cwd: "/srv",
		User: specs.User{UID: 5, GID: 6, Umask: &mask, AdditionalGids: []uint32{7, 8}},
		Env:  append(make([]string, 0, 20), "PATH=/bin", "HOME=/srv/home", "A=1", "B=2"), // room that an append would write to
		Capabilities: &specs.LinuxCapabilities{
			Bounding: []string{"CAP_CHOWN", "CAP_KILL", "CAP_SETUID"}, Effective: []string{"CAP_KILL"}, Permitted: []string{"CAP_KILL"},
			Inheritable: []string{"CAP_KILL"}, Ambient: []string{"CAP_KILL"},
		},
		Rlimits: []specs.POSIXRlimit{{Type: "RLIMIT_CORE"}}, NoNewPrivileges: true,
	}}
}

func TestTheEnvironmentOfAFurtherCommand(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"one": "# words\nB=file\nC=file\nMINE\n", "two": "C=second\nD=\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	yes, no := true, false
	base := []string{"PATH=/bin", "HOME=/srv/home", "A=1", "B=2"}
	with := func(more ...string) []string { return append(slices.Clone(base), more...) }
	for name, tt := range map[string]struct {
		flags   ExecFlags
		in, out bool // stdin and stdout are terminals
		environ []string
		want    []string
	}{
		"the container's":               {ExecFlags{}, false, false, []string{"MINE=1", "TERM=foot"}, base},
		"the flags' over it":            {ExecFlags{Env: []string{"A=9", "Z=1", "A=10", "EMPTY="}}, false, false, nil, []string{"PATH=/bin", "HOME=/srv/home", "A=10", "B=2", "Z=1", "EMPTY="}},
		"the caller's":                  {ExecFlags{Env: []string{"MINE", "A", "NOBODYS"}}, false, false, []string{"MINE=1", "MINE=2", "A=a=b"}, []string{"PATH=/bin", "HOME=/srv/home", "A=a=b", "B=2", "MINE=1"}},
		"files, then flags":             {ExecFlags{EnvFile: []string{one, two}, Env: []string{"B=flag"}}, false, false, []string{"MINE=1"}, []string{"PATH=/bin", "HOME=/srv/home", "A=1", "B=flag", "C=second", "MINE=1", "D="}},
		"with a terminal":               {ExecFlags{}, true, true, []string{"TERM=foot"}, with("TERM=foot")},
		"of a caller without TERM":      {ExecFlags{TTY: &yes}, false, false, nil, with("TERM=xterm")},
		"of a caller with an empty one": {ExecFlags{TTY: &yes}, false, false, []string{"TERM="}, with("TERM=xterm")},
		"with TERM given":               {ExecFlags{TTY: &yes, Env: []string{"TERM=dumb"}}, false, false, []string{"TERM=foot"}, with("TERM=dumb")},
		"half a terminal":               {ExecFlags{}, true, false, []string{"TERM=foot"}, base},
		"a terminal that is not wanted": {ExecFlags{TTY: &no}, true, true, []string{"TERM=foot"}, base},
	} {
		p, err := tt.flags.Process(inContainer().Process, Invocation{Command: []string{"id"}, Environ: tt.environ, TerminalIn: tt.in, TerminalOut: tt.out})
		if err != nil || !slices.Equal(p.Env, tt.want) {
			t.Errorf("%s: got %q, %v, want %q", name, p.Env, err, tt.want)
		}
	}
	spec := inContainer()
	spec.Process.Env = append(spec.Process.Env, "TERM=vt100")
	if p, err := (&ExecFlags{TTY: &yes}).Process(spec.Process, Invocation{Command: []string{"id"}, Environ: []string{"TERM=foot"}}); err != nil || !slices.Contains(p.Env, "TERM=vt100") || slices.Contains(p.Env, "TERM=foot") {
		t.Errorf("the container has a TERM, and the command %q, %v", p.Env, err)
	}
}

func TestAFurtherCommandIsLikeTheContainers(t *testing.T) {
	spec := inContainer()
	command := []string{"ls", "-l"}
	p, err := (&ExecFlags{}).Process(spec.Process, Invocation{Command: command, TerminalIn: true, TerminalOut: true})
	if err != nil {
		t.Fatal(err)
	}
	want := *inContainer().Process
	want.Args, want.ConsoleSize, want.Env = command, nil, append(want.Env, "TERM=xterm")
	if !reflect.DeepEqual(*p, want) {
		t.Errorf("got  %+v\nwant %+v", *p, want)
	}
	for name, tt := range map[string]struct {
		flags    ExecFlags
		terminal bool
		cwd      string
	}{
		"in the background": {ExecFlags{Detach: true}, false, "/srv"},
		"elsewhere":         {ExecFlags{Workdir: "/a b/../c"}, true, "/a b/../c"},
		"interactive":       {ExecFlags{Interactive: true}, true, "/srv"},
	} {
		p, err := tt.flags.Process(spec.Process, Invocation{Command: command, TerminalIn: true, TerminalOut: true})
		if err != nil || p.Terminal != tt.terminal || p.Cwd != tt.cwd {
			t.Errorf("%s: terminal %v, in %s, %v", name, p.Terminal, p.Cwd, err)
		}
	}
}

func TestWrongFlagsOfAFurtherCommandAreRefused(t *testing.T) {
	yes := true
	for want, tt := range map[string]struct {
		flags   ExecFlags
		command []string
	}{
		"the command is empty":                                     {ExecFlags{}, nil},
		"the command is empty; write a program's name":             {ExecFlags{}, []string{"", "x"}},
		`--workdir "srv": write an absolute path`:                  {ExecFlags{Workdir: "srv"}, []string{"id"}},
		`--workdir "./x"`:                                          {ExecFlags{Workdir: "./x"}, []string{"id"}},
		"--detach: nobody would see the terminal; leave --tty out": {ExecFlags{Detach: true, TTY: &yes}, []string{"id"}},
		`--env "=x": the name is empty`:                            {ExecFlags{Env: []string{"=x"}}, []string{"id"}},
		`--env "A=\x00": a NUL`:                                    {ExecFlags{Env: []string{"A=\x00"}}, []string{"id"}},
		`--env-file "/nowhere/file": no such file or directory`:    {ExecFlags{EnvFile: []string{"/nowhere/file"}}, []string{"id"}},
	} {
		p, err := tt.flags.Process(inContainer().Process, Invocation{Command: tt.command})
		if p != nil || err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: got %+v, %v, want %s", tt.flags, p, err, want)
		}
	}
}

// The specification is read once, and may be that of several commands.
func TestAFurtherCommandChangesNothingOfTheContainers(t *testing.T) {
	spec := inContainer()
	before, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	room := spec.Process.Env[:cap(spec.Process.Env)]
	yes := true
	for _, uid := range []uint32{0, 5, 9} {
		p, err := (&ExecFlags{TTY: &yes, Env: []string{"A=9", "NEW=1"}, Workdir: "/x"}).Process(spec.Process, Invocation{Command: []string{"id"}})
		if err != nil {
			t.Fatal(err)
		}
		As(p, specs.User{UID: uid, AdditionalGids: []uint32{1}}, "/home", false)
		if uid == 0 {
			p.Capabilities.Effective[0], p.Capabilities.Permitted[0] = "CAP_X", "CAP_Y"
		}
	}
	after, err := json.Marshal(spec)
	if err != nil || string(after) != string(before) || strings.Join(room[4:], "") != "" {
		t.Errorf("it was\n%s\nand is\n%s\nand behind its environment there is %q, %v", before, after, room[4:], err)
	}
}
