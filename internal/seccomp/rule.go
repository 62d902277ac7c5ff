package seccomp

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// documentRule is a rule of a profile as it is written.
type documentRule struct {
	Name     string                   `json:"name"`
	Names    []string                 `json:"names"`
	Action   specs.LinuxSeccompAction `json:"action"`
	ErrnoRet *uint                    `json:"errnoRet"`
	Errno    string                   `json:"errno"`
	Args     []json.RawMessage        `json:"args"`
	Comment  string                   `json:"comment"`
	Includes json.RawMessage          `json:"includes"`
	Excludes json.RawMessage          `json:"excludes"`
}

func parseRule(raw json.RawMessage) (r profileRule, err error) {
	var d documentRule
	if err := strict(raw, &d); err != nil {
		return r, err
	}
	if d.Name != "" {
		if len(d.Names) > 0 {
			return r, errors.New(".name and .names: a rule has one of them")
		}
		d.Names = []string{d.Name}
	}
	r.Names, r.Action = d.Names, d.Action
	if r.ErrnoRet, err = errnoOf(d.Errno, d.ErrnoRet); err != nil {
		return r, fmt.Errorf(".errno %w", err)
	}
	for i, raw := range d.Args {
		var a specs.LinuxSeccompArg
		if err := strict(raw, &a); err != nil {
			return r, at(fmt.Sprintf(".args[%d]", i), err)
		}
		r.Args = append(r.Args, a)
	}
	if _, err := rulesOf(&r.LinuxSyscall); err != nil {
		return r, err
	}
	if r.includes, err = parseFilter(d.Includes); err != nil {
		return r, at(".includes", err)
	}
	if r.excludes, err = parseFilter(d.Excludes); err != nil {
		return r, at(".excludes", err)
	}
	return r, nil
}

func parseFilter(raw json.RawMessage) (f filter, err error) {
	if len(raw) == 0 {
		return f, nil
	}
	if err := strict(raw, &f); err != nil {
		return f, err
	}
	for i, c := range f.Caps {
		if !strings.HasPrefix(c, "CAP_") {
			return f, fmt.Errorf(".caps[%d] %q: capabilities begin with CAP_", i, c)
		}
	}
	return f, nil
}
