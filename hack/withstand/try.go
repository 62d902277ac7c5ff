package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// trial is one attack on one tool: a root file system of its own, and a canary beside it.
type trial struct {
	options
	tool
	request
	canary   string
	terminal bool       // of the caller, as the standard streams
	prefix   []string   // what starts the tool
	extra    []*os.File // descriptors that the caller leaks, from 3 on
}

func try(o options, t tool, a attack) cell {
	dir, err := os.MkdirTemp(o.work, "trial")
	if err != nil {
		return cell{untested, err.Error()}
	}
	defer os.RemoveAll(dir)
	r := &trial{options: o, tool: t, canary: dir + "/canary", request: request{rootfs: dir + "/rootfs"}}
	err = os.Chmod(dir, 0o755)
	for _, name := range []string{"", "/etc", "/dev", "/proc"} {
		err = errors.Join(err, os.Mkdir(r.canary+name, 0o755))
	}
	err = errors.Join(err, os.WriteFile(r.canary+"/file", []byte("untouched\n"), 0o644), os.WriteFile(r.canary+"/dev/null", nil, 0o644))
	if out, failed := exec.Command("cp", "-al", o.work+"/rootfs", r.rootfs).CombinedOutput(); failed != nil {
		err = errors.Join(err, fmt.Errorf("copy the root file system: %w: %s", failed, out))
	}
	if err != nil {
		return cell{untested, err.Error()}
	}
	before := listing(r.canary)
	c := a.try(r)
	for _, f := range r.extra {
		f.Close()
	}
	if after := listing(r.canary); after != before {
		return cell{open, "what lies beside the root file system has changed"}
	}
	return c
}

// listing is a directory tree as text.
func listing(dir string) string {
	var b strings.Builder
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			fmt.Fprintln(&b, err)
			return nil
		}
		text, _ := os.ReadFile(path) // a directory has none
		fmt.Fprintf(&b, "%s %v %q\n", path, d.Type(), text)
		if info, err := d.Info(); err == nil {
			fmt.Fprintln(&b, info.Mode())
		}
		return nil
	})
	return b.String()
}

// usable starts something harmless in each tool: a tool that cannot do that is left out.
func usable(o options) (ready []tool, out []string) {
	harmless := attack{"", says("open", "ran", "sh", "-c", "echo ran")}
	for _, t := range tools() {
		if _, err := exec.LookPath(t.program); err != nil {
			out = append(out, t.name+": not installed")
			continue
		}
		if c := try(o, t, harmless); c.verdict != holds {
			out = append(out, t.name+": does not run here: "+c.seen)
			continue
		}
		ready = append(ready, t)
	}
	return ready, out
}
