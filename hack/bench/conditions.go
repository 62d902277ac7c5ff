package main

import (
	"os"
	"strings"
	"time"
)

// conditions are under which something was measured: every report begins with them.
type conditions struct {
	Kind    string   `json:"kind"` // start, limits, life or harden
	Date    string   `json:"date"`
	Runs    int      `json:"runs"`
	Load    string   `json:"load"` // the machine's load average of a minute, just before
	Machine []string `json:"machine"`
}

func conditionsOf(kind string, o options, machine []string) conditions {
	return conditions{Kind: kind, Date: time.Now().UTC().Format(time.DateOnly), Runs: o.runs, Load: load(), Machine: machine}
}

func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(b), " ")
	return first
}
