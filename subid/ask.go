package subid

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// getsubids runs the program of that name, whose lines are "0: name first count".
func (f Files) getsubids(program string, kind Kind, name string, uid uint32) ([]Range, error) {
	args := []string{name}
	if name == "" {
		args[0] = strconv.FormatUint(uint64(uid), 10)
	}
	if kind == GIDs {
		args = append([]string{"-g"}, args...)
	}
	out, err := run(f.Deadline, program, args...)
	if err != nil {
		return nil, err
	}
	return parseAnswer(program, out)
}

// parseAnswer reads what getsubids has written.
func parseAnswer(program string, out []byte) ([]Range, error) {
	var entries []entry
	err := eachLine(bytes.NewReader(out), func(n int, line []byte, whole bool) error {
		fields := bytes.Fields(line)
		if len(fields) < 4 || !whole {
			return fmt.Errorf("%s answered %q, not \"0: name first-id count\"", program, clip(line))
		}
		// The last two: a name of a directory service may hold spaces.
		one, err := parseRange(fields[len(fields)-2], fields[len(fields)-1])
		if err != nil {
			return fmt.Errorf("%s answered in line %d: %w", program, n, err)
		}
		entries = append(entries, entry{one, n})
		return nil
	})
	if err != nil {
		return nil, err
	}
	ranges, err := disjoint(entries)
	if err != nil {
		return nil, fmt.Errorf("%s answered in %w", program, err)
	}
	return ranges, nil
}

// find returns the absolute path of a program. PATH is the caller's to set and
// takes no part.
func find(name string) (string, error) {
	if filepath.IsAbs(name) {
		return name, nil
	}
	for _, dir := range []string{"/usr/bin", "/bin", "/usr/local/bin", "/run/current-system/sw/bin"} {
		path := dir + "/" + name
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not installed", name)
}

// run returns what program writes to stdout. It gives up after deadline.
func run(deadline time.Duration, program string, args ...string) ([]byte, error) {
	// A parent-death signal comes when the thread that forked ends, prctl(2).
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = []string{"LC_ALL=C", "PATH=/usr/bin:/bin"}
	// A grandchild that keeps the pipe open must not keep us waiting.
	cmd.WaitDelay = 100 * time.Millisecond
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	line := program + " " + strings.Join(args, " ")
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("run %s: no answer within %s", line, deadline)
	case err == nil || errors.Is(err, exec.ErrWaitDelay):
		return out, nil
	case stderr.Len() > 0:
		return nil, fmt.Errorf("run %s: %w: %q", line, err, clip(bytes.TrimSpace(stderr.Bytes())))
	}
	return nil, fmt.Errorf("run %s: %w", line, err)
}

func clip(b []byte) []byte {
	return b[:min(len(b), 200)]
}
