package container

import (
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/internal/forkexec"
)

// Plan is a compiled container, which starts nothing.
type Plan struct{ l *launch }

// Compile does all that comes before the clone.
func Compile(spec *specs.Spec, o Options) (*Plan, error) {
	l := &launch{spec: spec, opt: o}
	if err := l.prepare(); err != nil {
		return nil, failure(l, err)
	}
	defer l.close()
	if err := l.compile(); err != nil {
		return nil, failure(l, err)
	}
	return &Plan{l}, nil
}

// Text prints both sides: what the caller's process does, at the left, and below
// the barrier at which it matters, further in, what the new process does.
func (p *Plan) Text() string {
	var b strings.Builder
	line := func(s, why string) {
		b.WriteString(s + strings.Repeat(" ", max(1, 78-len(s))) + "# " + why + "\n")
	}
	line("parent: clone("+forkexec.CloneFlags(p.l.flags())+"|CLONE_PIDFD|SIGCHLD)", "the new namespaces, and the first process in them")
	for _, a := range p.l.actions() {
		line("parent: "+a.does, a.why)
	}
	b.WriteString("child:\n")
	p.l.program.Write(&b, "  ")
	line("init: "+strings.Join(p.l.candidates(), ", "), "tried with execve(2) in this order")
	return b.String()
}

// ProgramJSON is a compiled container for programs.
type ProgramJSON struct {
	Clone      string              `json:"clone"` // the flags of clone(2)
	Parent     []ActionJSON        `json:"parent"`
	Child      []forkexec.StepJSON `json:"child"`
	Candidates []string            `json:"candidates"` // what the init tries to execute
	Lost       []string            `json:"lost,omitempty"`
}

// ActionJSON is something the parent does.
type ActionJSON struct {
	Does string `json:"does"`
	Why  string `json:"why"`
}

// JSON is the plan for encoding/json.
func (p *Plan) JSON() ProgramJSON {
	out := ProgramJSON{Clone: forkexec.CloneFlags(p.l.flags()), Child: p.l.program.JSON(), Candidates: p.l.candidates()}
	for _, a := range p.l.actions() {
		out.Parent = append(out.Parent, ActionJSON{a.does, a.why})
	}
	for _, lost := range p.l.ids.Lost {
		out.Lost = append(out.Lost, lost.String())
	}
	return out
}
