package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// machine says what was measured where.
func machine(o options) []string {
	lines := []string{fmt.Sprintf("kernel %s, %s", firstLine("uname", "-r"), cpus()), "file system: " + firstLine("stat", "-fc", "%T", o.work)}
	for _, command := range [][]string{
		{o.urun, "version"}, {"podman", "--version"}, {"umoci", "--version"}, {"skopeo", "--version"}, {"tar", "--version"}, {"docker-registry", "--version"},
	} {
		if line := firstLine(command[0], command[1:]...); line != "" {
			lines = append(lines, filepath.Base(command[0])+": "+line)
		}
	}
	return lines
}

func firstLine(name string, args ...string) string {
	b, err := exec.Command(name, args...).Output()
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return line
}

func cpus() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return err.Error()
	}
	model := "unknown model"
	for line := range strings.Lines(string(b)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
		}
	}
	return fmt.Sprintf("%d x %s", strings.Count(string(b), "processor\t:"), model)
}

func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(b), " ")
	return first
}
