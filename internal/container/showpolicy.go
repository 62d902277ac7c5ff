package container

import (
	"fmt"
	"runtime"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/internal/seccomp"
)

// PolicyJSON is what the command may do, for programs that read --explain=json.
type PolicyJSON struct {
	Capabilities    specs.LinuxCapabilities `json:"capabilities"`
	NoNewPrivileges bool                    `json:"noNewPrivileges"`
	Profile         string                  `json:"profile,omitempty"`      // of system calls; empty: all are allowed
	Instructions    int                     `json:"instructions,omitempty"` // of the filter
	Calls           []seccomp.Group         `json:"calls,omitempty"`        // every one of this architecture; of a further command the container's filter is taken as it is
	Masked          []string                `json:"masked,omitempty"`
	ReadOnly        []string                `json:"readOnly,omitempty"`
}

func (p *Plan) policy() PolicyJSON {
	l := p.l
	out := PolicyJSON{NoNewPrivileges: l.spec.Process.NoNewPrivileges, Profile: l.calls.profile, Instructions: len(l.calls.filter)}
	if c := l.spec.Process.Capabilities; c != nil {
		out.Capabilities = *c
	}
	if l.calls.policy != nil {
		out.Calls, _ = l.calls.policy.Groups(runtime.GOARCH) // what would fail has failed in Compile
	}
	out.Masked, out.ReadOnly = l.spec.Linux.MaskedPaths, l.spec.Linux.ReadonlyPaths
	return out
}

// text prints it, a line for each thing, as comments below the steps.
func (p PolicyJSON) text() string {
	var b strings.Builder
	line := func(what string, list []string) {
		said := strings.Join(list, " ")
		if len(list) == 0 {
			said = "none"
		}
		b.WriteString("#   " + what + ": " + said + "\n")
	}
	b.WriteString("# What the command may do. Capabilities:\n")
	c := p.Capabilities
	line("bounding", c.Bounding)
	line("effective", c.Effective)
	line("permitted", c.Permitted)
	line("inheritable", c.Inheritable)
	line("ambient", c.Ambient)
	if p.NoNewPrivileges {
		b.WriteString("#   no_new_privs: setuid programs and file capabilities give nothing\n")
	} else {
		b.WriteString("#   no_new_privs is off: setuid programs have their power, within the bounding set\n")
	}
	switch {
	case p.Profile == "":
		b.WriteString("# System calls: all of them; there is no filter.\n")
	case p.Calls == nil:
		fmt.Fprintf(&b, "# System calls: the container's filter, %d instructions (profile %s).\n", p.Instructions, quote(p.Profile))
	default:
		fmt.Fprintf(&b, "# System calls: profile %s, a filter of %d instructions. One of another architecture kills the process.\n", quote(p.Profile), p.Instructions)
		for _, g := range p.Calls {
			line(g.Then, g.Calls)
		}
	}
	if len(p.Masked)+len(p.ReadOnly) > 0 {
		b.WriteString("# Paths:\n")
		line("hidden", p.Masked)
		line("read-only", p.ReadOnly)
	}
	return b.String()
}
