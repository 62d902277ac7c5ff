package testenv

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Tidy runs the tests of a package, from its TestMain, and gives the exit status: not 0 also when they have left a
// descriptor open or a child running. What ends on its own has some seconds for it.
func Tidy(run func() int) (status int) {
	r, w, err := os.Pipe() // has Go's poller started, which keeps its descriptors
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	r.Close()
	w.Close()
	before := held()
	if status = run(); status != 0 {
		return status // what a test that failed has left says nothing
	}
	var left []string
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		left = slices.DeleteFunc(held(), func(what string) bool { return slices.Contains(before, what) })
		if len(left) == 0 {
			return 0
		}
	}
	fmt.Fprintf(os.Stderr, "the tests of this package have left\n%s\n", strings.Join(left, "\n"))
	return 1
}

// held are the open descriptors, with where they lead, and the children.
func held() (list []string) {
	fds, _ := filepath.Glob("/proc/self/fd/*") // the pattern is right, as are those below
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err == nil { // not that of the listing itself
			list = append(list, "descriptor "+filepath.Base(fd)+" -> "+to)
		}
	}
	tasks, _ := filepath.Glob("/proc/self/task/*/children")
	for _, task := range tasks {
		pids, _ := os.ReadFile(task) // of a thread that has ended
		for pid := range strings.FieldsSeq(string(pids)) {
			line, _ := os.ReadFile("/proc/" + pid + "/cmdline") // a dead one has none
			list = append(list, fmt.Sprintf("process %s %q", pid, line))
		}
	}
	return list
}
