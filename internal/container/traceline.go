package container

import (
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
)

// Who does something, as in --explain.
const (
	whoUrun  = "P" // urun's own process
	whoChild = "C" // the container's first process
	whoLooks = "?" // urun, which finds something out or decides it
)

// traceKey says what the columns mean.
const traceKey = "debug: P is urun's process, C the container's first one, ? what was found or decided; ~ did not work and need not, > takes long, ! failed"

// traceLine has columns: the time in microseconds, who, a mark for what went wrong, and what was done.
func traceLine(ns int64, who string, mark rune, does string) string {
	return fmt.Sprintf("%8d µs %s%c %s", ns/1000, who, mark, does)
}

// stepLine is a step that is done, and what came of it.
func stepLine(p *forkexec.Program, i int, ns int64, result string, failed *forkexec.StepError) string {
	mark := ' '
	if strings.HasPrefix(result, " = E") {
		mark = '~'
	}
	if failed != nil && failed.Index == i {
		mark, result = '!', " = "+errnoName(failed.Errno)
	}
	does := fmt.Sprintf("%-4d %s%s", i, clipped(p.Line(i), callWidth), result)
	return traceLine(ns, whoChild, mark, fmt.Sprintf("%-*s # %s", reasonAt, does, p.Steps()[i].Why))
}

// Calls are cut, so that the reasons are in a column.
const (
	callWidth = 52
	reasonAt  = 5 + callWidth + len(" = EADDRINUSE")
)

// outcomeOf is a step's result as it is printed. One that was followed by what is done instead has failed, and its result is
// that of the other way.
func outcomeOf(s forkexec.Step, result int64, instead bool) string {
	if instead {
		names := make([]string, len(s.On))
		for i, e := range s.On {
			names[i] = errnoName(e)
		}
		return " = " + strings.Join(names, " or ")
	}
	switch {
	case result == forkexec.NotDone || result == 0:
		return ""
	case result < 0 && result > -4096:
		return " = " + errnoName(syscall.Errno(-result))
	}
	return fmt.Sprintf(" = %d", result)
}

func errnoName(e syscall.Errno) string {
	if name := unix.ErrnoName(e); name != "" {
		return name
	}
	return e.Error()
}
