package main

import (
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

type row struct {
	name  string
	cells []cell
}

type table struct {
	tools []tool
	rows  []row
	out   []string
}

func (t table) print(o options) {
	names := []string{"attack"}
	for _, tool := range t.tools {
		names = append(names, tool.name)
	}
	fmt.Printf("| %s |\n|%s\n", strings.Join(names, " | "), strings.Repeat("---|", len(names)))
	for _, r := range t.rows {
		fmt.Printf("| %s", r.name)
		for _, c := range r.cells {
			fmt.Printf(" | %s", c.verdict)
		}
		fmt.Println(" |")
	}
	fmt.Println()
	for _, line := range t.out {
		fmt.Println("Left out:", line)
	}
	t.printNotes(o)
}

// printNotes says what the table means, from the command lines that were used.
func (t table) printNotes(o options) {
	fmt.Printf("\"none\" is the attack by the caller without a tool: where that does not work, a tool that is not open has not been tried, and where it is \"-\" the attack is on what only a tool does. ")
	fmt.Printf("\"open\" says what is reached, not what harm it does. Each tool is a copy that its user may write; what root has installed nobody else can rewrite.\n\n")
	for _, tool := range t.tools {
		if tool.name == control {
			continue
		}
		argv, err := tool.argv(o, request{rootfs: "ROOTFS", command: []string{"COMMAND"}})
		if err != nil {
			fmt.Printf("- %s: %v\n", tool.name, err)
			continue
		}
		if tool.name == "crun" {
			argv = append(argv[:len(argv)-2], "BUNDLE", "NAME")
		}
		line := strings.ReplaceAll(strings.ReplaceAll(strings.Join(argv, " "), o.work+"/bin/", ""), o.work, "DIR")
		fmt.Printf("- %s (%s): `%s`\n", tool.name, version(argv[0]), line)
	}
	fmt.Println("\ncrun has the specification that `crun spec --rootless` writes, which has no seccomp filter: that is left to the engine above it, such as podman.")
	for _, r := range t.rows {
		t.printUntested(r)
	}
}

// printUntested says why a tool has not been tried. Without a tool there are no attacks on what only tools do.
func (t table) printUntested(r row) {
	names := map[string][]string{}
	for i, c := range r.cells {
		if c.verdict == untested && t.tools[i].name != control {
			names[c.seen] = append(names[c.seen], t.tools[i].name)
		}
	}
	for _, why := range slices.Sorted(maps.Keys(names)) {
		fmt.Printf("- not tried: %s (%s): %s\n", r.name, strings.Join(names[why], ", "), why)
	}
}

func version(program string) string {
	verb := "--version"
	if filepath.Base(program) == "urun" {
		verb = "version"
	}
	b, err := exec.Command(program, verb).Output()
	if err != nil {
		return err.Error()
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return line
}
