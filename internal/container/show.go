package container

import (
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/ladder"
)

// Plan is a compiled container, which starts nothing.
type Plan struct{ l *launch }

// Compile does all that comes before the clone.
func Compile(spec *specs.Spec, o Options) (*Plan, error) {
	l := &launch{spec: spec, opt: o, dry: true}
	if err := l.plan(); err != nil {
		return nil, failure(l, err)
	}
	defer l.close()
	if err := l.openOutput(); err != nil {
		return nil, failure(l, err)
	}
	if err := l.prepare(); err != nil {
		return nil, failure(l, err)
	}
	if err := l.compile(); err != nil {
		return nil, failure(l, err)
	}
	l.tellLosses(l.notice)
	return &Plan{l}, nil
}

// Text prints both sides in the order of time: P is what the caller's process does,
// C what the new process does, I what its init does; and below, what the command may do.
func (p *Plan) Text() string { return p.steps() + p.policy().text() }

func (p *Plan) steps() string {
	var b strings.Builder
	b.WriteString("# P: urun's own process; C: the container's first process, step by step; I: its init. $N is the result of step N.\n")
	b.WriteString("P " + forkexec.Reason("clone("+p.Clone()+")", "the first process, which shares memory until its exec") + "\n")
	if t := p.l.target; t != nil {
		b.WriteString("C " + forkexec.Reason("     setns(pidfd of the container, "+forkexec.CloneFlags(t.join.Types)+")", "by a process that ends again: its child is in the container's pid namespace") + "\n")
	}
	b.WriteString("C " + forkexec.Reason("     setsid()", "a session of its own: the caller's terminal has no key for it, and it cannot push input into that") + "\n")
	if p.l.target == nil {
		b.WriteString("C " + forkexec.Reason("     unshare("+p.Unshare()+")", "the other namespaces, while the parent finds out what to do in them") + "\n")
	}
	b.WriteString("C " + forkexec.Reason("     read(control)", "where its program is") + "\n")
	actions := p.l.actions()
	for i, line := range p.l.program.Lines() {
		b.WriteString("C " + line + "\n")
		for len(actions) > 0 && actions[0].after == i {
			b.WriteString("P " + forkexec.Reason(actions[0].does, actions[0].why) + "\n")
			actions = actions[1:]
		}
	}
	if why := p.l.rules.Without; why != "" {
		b.WriteString("# no Landlock layer: " + why + "\n")
	}
	b.WriteString("I " + forkexec.Reason("execve "+quoted(p.l.candidates()), "the first that can be executed, once all mounts are there") + "\n")
	return b.String()
}

func quoted(list []string) string {
	q := make([]string, len(list))
	for i, s := range list {
		q[i] = quote(s)
	}
	return strings.Join(q, ", ")
}

// Clone is the flags of the clone.
func (p *Plan) Clone() string {
	early, _ := p.l.flags()
	return forkexec.CloneFlags(early|forkexec.Fixed) + "|SIGCHLD"
}

// Unshare is the flags of the child's unshare(2).
func (p *Plan) Unshare() string {
	_, late := p.l.flags()
	return forkexec.CloneFlags(late)
}

// ProgramJSON is a compiled container for programs.
type ProgramJSON struct {
	Unshare    string              `json:"unshare"`         // and of the child's unshare(2)
	Clone      string              `json:"clone"`           // the flags of clone(2)
	Setns      string              `json:"setns,omitempty"` // of a further command: the namespaces that it is cloned in
	Parent     []ActionJSON        `json:"parent"`
	Child      []forkexec.StepJSON `json:"child"`
	Candidates []string            `json:"candidates"` // what the init tries to execute
	Policy     PolicyJSON          `json:"policy"`
	Rung       string              `json:"rung,omitempty"`
	Lost       []ladder.Loss       `json:"lost,omitempty"`        // as far as it is known before a start
	NoLandlock string              `json:"no_landlock,omitempty"` // why there is no Landlock layer, where there would be one
}

// ActionJSON is something the parent does.
type ActionJSON struct {
	After int    `json:"after"` // the child's step that it follows or answers
	Does  string `json:"does"`
	Why   string `json:"why"`
}

// JSON is the plan for encoding/json.
func (p *Plan) JSON() ProgramJSON {
	out := ProgramJSON{Clone: p.Clone(), Unshare: p.Unshare(), Child: p.l.program.JSON(), Candidates: p.l.candidates(), Policy: p.policy(), NoLandlock: p.l.rules.Without, Rung: p.l.up.stand.Rung(), Lost: p.l.up.stand.Lost}
	if t := p.l.target; t != nil {
		out.Setns = forkexec.CloneFlags(t.join.Types)
	}
	for _, a := range p.l.actions() {
		out.Parent = append(out.Parent, ActionJSON{a.after, a.does, a.why})
	}
	return out
}
