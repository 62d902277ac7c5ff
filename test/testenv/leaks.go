package testenv

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Mounts are the lines of mountinfo that the test sees, in order of their text.
func Mounts() ([]string, error) {
	b, err := os.ReadFile("/proc/self/mountinfo")
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	slices.Sort(lines)
	return lines, err
}

// Running are the processes that run the program, which is given by its path and not by its name: another test of the
// same user may have its own. It waits a moment for those that are just ending.
func Running(program string) ([]string, error) {
	var left []string
	for range 40 {
		left = nil
		links, err := filepath.Glob("/proc/[0-9]*/exe")
		if err != nil {
			return nil, err
		}
		for _, link := range links {
			if target, err := os.Readlink(link); err == nil && strings.TrimSuffix(target, " (deleted)") == program {
				left = append(left, filepath.Dir(link))
			}
		}
		if len(left) == 0 {
			return nil, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return left, nil
}

// Leaks is an error when processes of the program are left, or mounts that were not there before.
func Leaks(program string, mountsBefore []string) error {
	left, err := Running(program)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("processes of %s are left: %v", program, left)
	}
	now, err := Mounts()
	if err != nil {
		return err
	}
	if !slices.Equal(now, mountsBefore) {
		return fmt.Errorf("the mounts are not what they were:\n%s", strings.Join(now, "\n"))
	}
	return nil
}
