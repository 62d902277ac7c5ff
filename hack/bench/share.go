package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// share is what some processes have of the machine's memory, in kB. Shared is their part of what others map, too: their
// PSS is both together.
type share struct {
	Processes int `json:"processes"`
	Private   int `json:"private_kb"`
	Shared    int `json:"shared_kb"`
}

func (s share) plus(other share) share {
	return share{s.Processes + other.Processes, s.Private + other.Private, s.Shared + other.Shared}
}

// roles, in the order in which they are shown; "command" is the sleep inside.
var roles = []string{"supervisor", "init", "urun-netstack", "slirp4netns", "conmon", "command"}

// shares adds up the processes, in one pass, by what they are.
func shares(pids []int) (map[string]share, error) {
	all := map[string]share{}
	for _, pid := range pids {
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil {
			return nil, err
		}
		role := roleOf(string(line))
		kb, err := rollup(pid)
		if errors.Is(err, fs.ErrPermission) {
			if all[role], err = all[role].hidden(pid); err == nil {
				continue
			}
		}
		if err != nil {
			return nil, err
		}
		private := kb["Private_Clean"] + kb["Private_Dirty"]
		all[role] = all[role].plus(share{1, private, kb["Pss"] - private})
	}
	return all, nil
}

// hidden adds a process whose mappings nobody may see, because it is not dumpable: urun-netstack. What it maps of files is
// its program, which all others of its role map, too, and so is there once.
func (s share) hidden(pid int) (share, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return s, err
	}
	kb, err := kilobytes(string(b))
	return share{s.Processes + 1, s.Private + kb["RssAnon"], max(s.Shared, kb["RssFile"])}, err
}

// roleOf tells what a process is by its command line.
func roleOf(cmdline string) string {
	name, _, _ := strings.Cut(cmdline, "\x00")
	name, _, _ = strings.Cut(name, " ") // the init writes the container's command behind its name
	switch name = filepath.Base(name); name {
	case "urun", "urun-supervisor":
		return "supervisor"
	case "urun-init":
		return "init"
	case "sleep":
		return "command"
	}
	return name
}

// own are the shares of the tool alone.
func own(all map[string]share) (sum share) {
	for role, s := range all {
		if role != "command" {
			sum = sum.plus(s)
		}
	}
	return sum
}
