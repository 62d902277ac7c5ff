package main

import (
	"errors"
	"os"
	"strings"

	"github.com/urun-project/urun/internal/container"
	"github.com/urun-project/urun/internal/ocispec"
)

func (c *execCmd) run() (status int, err error) {
	if isFlag(c.Name) {
		return 0, errors.New("flags go before CONTAINER: " + c.Name)
	}
	if len(c.Command) == 0 {
		return 0, errors.New("CMD is missing: write urun exec [FLAGS] " + printable(c.Name) + " CMD [ARG...]")
	}
	a := access()
	r, err := a.Find(c.Name)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	process, err := a.Process(r.Record)
	if err != nil {
		return 0, err
	}
	if process == nil {
		return 0, errors.New("the container " + c.Name + " is still starting; try again")
	}
	p, err := c.Process(process, ocispec.Invocation{Command: c.Command, Environ: os.Environ(), TerminalIn: terminal(0), TerminalOut: terminal(1)})
	if err != nil {
		return 0, err
	}
	o := container.Options{TTYs: container.FindTerminals(), Notice: notice, Timing: c.Timing != "", Debug: debugging(c.Debug), Strict: c.Strict}
	if c.Quiet {
		o.Notice = quiet
	}
	if c.Detach {
		o.Detach = &container.Detach{}
	}
	if c.Explain != "" {
		plan, err := r.CompileExec(p, c.User, c.givesHome(process.Env, p.Env), o)
		if err != nil {
			return 0, err
		}
		return 0, c.Explain.print(plan)
	}
	res, err := r.Exec(p, c.User, c.givesHome(process.Env, p.Env), o)
	if terr := c.Timing.tell(res.Timings); err == nil {
		err = terr
	}
	return res.Status, err
}

// givesHome tells whether HOME is set by a flag: it is no longer that of the container's own command, or is named.
func (c *execCmd) givesHome(own, now []string) bool {
	return homeOf(own) != homeOf(now) || homeOf(c.Env) != ""
}

func homeOf(env []string) (entry string) {
	for _, e := range env {
		if name, _, _ := strings.Cut(e, "="); name == "HOME" {
			entry = e
		}
	}
	return entry
}
