package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/urun-project/urun/internal/container"
)

// treeOf words what is known of the containers. ago says how long ago something was.
func treeOf(t container.Tree, ago func(time.Time) string) []branch {
	top := branch{text: fmt.Sprintf("you: uid %d in user namespace %d", t.UID, t.Namespace)}
	for _, u := range t.Users {
		users := branch{text: fmt.Sprintf("user namespace %d, ids inside = yours: %s", u.Inode, mapped(u))}
		if !u.Own {
			users.text = "no user namespace of their own"
		}
		for _, c := range u.Containers {
			users.below = append(users.below, containerBranch(c, ago))
		}
		top.below = append(top.below, users)
	}
	if len(t.Users) == 0 {
		top.below = []branch{{text: "no container runs"}}
	}
	return []branch{top}
}

// mapped are the maps of ids, of groups only where they differ.
func mapped(u container.TreeUsers) string {
	s := spans(u.UidMap)
	if groups := spans(u.GidMap); groups != s {
		s += "; groups " + groups
	}
	return s
}

// spans writes maps such as 1:100000:65536 as 1-65536 = 100000-165535.
func spans(maps []string) string {
	var words []string
	for _, m := range maps {
		var inside, outside, count uint64
		if _, err := fmt.Sscanf(m, "%d:%d:%d", &inside, &outside, &count); err != nil {
			words = append(words, m)
			continue
		}
		words = append(words, span(inside, count)+" = "+span(outside, count))
	}
	return strings.Join(words, ", ")
}

func span(from, count uint64) string {
	if count <= 1 {
		return strconv.FormatUint(from, 10)
	}
	return fmt.Sprintf("%d-%d", from, from+count-1)
}

func containerBranch(c container.TreeContainer, ago func(time.Time) string) branch {
	words := []string{"container " + c.ID[:min(12, len(c.ID))]}
	if c.Name != "" {
		words[0] = "container " + c.Name + " (" + c.ID[:min(12, len(c.ID))] + ")"
	}
	words = append(words, c.Status)
	if !c.StartedAt.IsZero() {
		words[1] += " for " + ago(c.StartedAt)
	}
	if c.Rung != "" {
		words = append(words, "ids: "+c.Rung)
	}
	b := branch{text: strings.Join(words, ", ") + ": " + strings.Join(c.Command, " ")}
	b.below = append(b.below, namespaceBranch(c.Namespaces), processBranch(c.Processes), mountBranch(c.Mounts), cgroupBranch(c.Cgroup), networkBranch(c.Network))
	if len(c.Notices) > 0 {
		lacks := branch{text: "does without"}
		for _, n := range c.Notices {
			lacks.below = append(lacks.below, branch{text: n})
		}
		b.below = append(b.below, lacks)
	}
	return b
}

func namespaceBranch(list []container.TreeNamespace) branch {
	b := branch{text: "namespaces"}
	for _, n := range list {
		whose := "its own"
		switch {
		case n.Host:
			whose = "yours"
		case len(n.With) > 0:
			whose = "shared with " + strings.Join(n.With, ", ")
		}
		text := fmt.Sprintf("%-7s %d, %s", n.Type, n.Inode, whose)
		if n.Owner != 0 && !n.Host {
			text += fmt.Sprintf(", owner %d", n.Owner)
		}
		b.below = append(b.below, branch{text: text})
	}
	return b
}

func processBranch(list []container.TreeProcess) branch {
	return branch{text: "processes: pid outside = inside, user inside, command", below: processBranches(list)}
}

func processBranches(list []container.TreeProcess) (all []branch) {
	for _, p := range list {
		text := strconv.Itoa(p.HostPID)
		if !p.Outside {
			text += fmt.Sprintf(" = %d %s", p.PID, p.User)
		}
		all = append(all, branch{text + " " + p.Command, processBranches(p.Children)})
	}
	return all
}
