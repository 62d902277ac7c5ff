package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shell is a tool that starts commands as they are.
func shell(o options, r request) ([]string, error) {
	return append([]string{"env", "CANARY=" + filepath.Dir(r.rootfs) + "/canary"}, r.command...), nil
}

func TestAVerdictIsOfWhatWasSeen(t *testing.T) {
	o := options{work: t.TempDir()}
	if err := os.Mkdir(o.work+"/rootfs", 0o755); err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]string{
		"echo it worked":                            open,
		"echo it was refused; exit 1":               holds,
		"echo something else; exit 1":               untested, // such as a tool that does not start
		"echo it was refused; echo x >$CANARY/file": open,
		"echo it was refused; echo x >$CANARY/made": open,
		"echo it was refused; rm $CANARY/file":      open,
		"exit 0":                                    untested,
	} {
		c := try(o, tool{name: "shell", argv: shell}, attack{"", says("it worked", "it was refused", "sh", "-c", command)})
		if c.verdict != want {
			t.Errorf("%s: %s (%s), want %s", command, c.verdict, c.seen, want)
		}
	}
	if left, err := filepath.Glob(o.work + "/*"); err != nil || len(left) != 1 {
		t.Errorf("trials have left %v, %v", left, err)
	}
}

func TestWhatWorksNowhereIsNotWithstood(t *testing.T) {
	for _, tc := range []struct{ none, verdict, want string }{
		{open, holds, holds}, {holds, holds, untested}, {holds, open, open}, {untested, holds, holds},
	} {
		if got := (cell{verdict: tc.verdict}).besides(cell{verdict: tc.none}); got.verdict != tc.want {
			t.Errorf("%s where it is %s without a tool: %s, want %s", tc.verdict, tc.none, got.verdict, tc.want)
		}
	}
}

func TestACommandIsOnATerminalOfItsOwn(t *testing.T) {
	r := &trial{options: options{work: t.TempDir()}, tool: tool{argv: shell}}
	if c := onTerminal(says("a terminal", "none", "sh", "-c", "[ -t 0 ] && true </dev/tty && echo a terminal || echo none"))(r); c.verdict != open {
		t.Errorf("%s: %s", c.verdict, c.seen)
	}
}

func TestAttacksHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range attacks() {
		if seen[a.name] || strings.Contains(a.name, "|") {
			t.Errorf("%q cannot be a row's name", a.name)
		}
		seen[a.name] = true
	}
}
