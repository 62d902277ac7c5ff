package container

import (
	"fmt"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Keeps away: with one of standard input and output redirected the command was given the caller's terminal, and could keep it.
func TestNoTerminalOfTheCallersIsHandedIn(t *testing.T) {
	for n := range 64 {
		// Four things that each descriptor may be: no terminal, and one of three.
		ttys := Terminals{n % 4, n / 4 % 4, n / 16}
		for _, own := range []bool{false, true} {
			run := sample{tty: own, change: func(_ *specs.Spec, o *Options) { o.TTYs = ttys }}
			exec := execSample{ttys: ttys, change: func(p *specs.Process) { p.Terminal = own }}
			for verb, l := range map[string]*launch{"run": run.compiled(t), "exec": exec.entered(t)} {
				steps := listing(l.program.JSON())
				for fd, tty := range ttys {
					ends := steps.all("dup3", "", fmt.Sprint(fd))
					if replaced := tty != 0 || own; replaced && len(ends) != 1 || !replaced && len(ends) != 0 {
						t.Errorf("%s, terminals %v, one of its own %t: %d descriptors become %d", verb, ttys, own, len(ends), fd)
					}
				}
				if same := len(steps.all("dup3", "1", "2")) == 1; same != (ttys[1] != 0 && ttys[1] == ttys[2] && !own) {
					t.Errorf("%s, terminals %v, one of its own %t: one pipe for both: %t", verb, ttys, own, same)
				}
			}
		}
	}
}
