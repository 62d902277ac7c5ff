package main

import (
	"fmt"
	"strings"
	"time"
)

// step is a remark or a command, and what came of it.
type step struct {
	remark  string
	command string
	wait    time.Duration // before the command is typed, while nothing is recorded
	output  string        // as the terminal gets it
}

// parse reads a session: lines with "# " are remarks, those with "$ " commands, and "wait 2s" has the next command wait.
// Empty lines and those with "//" are for who reads the file.
func parse(text string) ([]step, error) {
	var list []step
	var wait time.Duration
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		remark, isRemark := strings.CutPrefix(line, "# ")
		command, isCommand := strings.CutPrefix(line, "$ ")
		seconds, isWait := strings.CutPrefix(line, "wait ")
		switch {
		case line == "" || strings.HasPrefix(line, "//"):
		case isRemark:
			list = append(list, step{remark: remark})
		case isCommand:
			list = append(list, step{command: command, wait: wait})
			wait = 0
		case isWait:
			d, err := time.ParseDuration(seconds)
			if err != nil {
				return nil, err
			}
			wait = d
		default:
			return nil, fmt.Errorf("%q is no remark, no command and no wait", line)
		}
	}
	return list, nil
}
