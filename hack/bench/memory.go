package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// memory is what a tool's processes take while the command sleeps.
type memory struct {
	Name      string   `json:"name"`
	Total     int      `json:"pss_kb"`
	Processes []string `json:"processes"`
	Why       string   `json:"left_out,omitempty"`
}

func memories(o options, ready []peer) []memory {
	var list []memory
	for _, p := range ready {
		if p.sleep == nil || strings.HasPrefix(p.name, "podman") {
			continue // podman's monitor leaves its tree of processes
		}
		m, err := pssOf(p)
		if err != nil {
			m = memory{Name: p.name, Why: err.Error()}
		}
		list = append(list, m)
	}
	return list
}

func pssOf(p peer) (memory, error) {
	m := memory{Name: p.name}
	c := exec.Command(p.sleep[0], p.sleep[1:]...)
	c.Dir = p.dir
	if err := c.Start(); err != nil {
		return m, err
	}
	var sleeping int
	defer func() {
		// The command first: not every tool passes a signal on.
		if sleeping != 0 {
			_ = unix.Kill(sleeping, unix.SIGKILL)
		}
		_ = c.Process.Kill()
		_ = c.Wait()
	}()
	var tree []int
	for range 100 {
		time.Sleep(20 * time.Millisecond)
		tree = descendants(c.Process.Pid)
		for _, pid := range tree {
			if comm(pid) == "sleep" {
				sleeping = pid
			}
		}
		if sleeping != 0 {
			break
		}
	}
	if sleeping == 0 {
		return m, errors.New("its sleep was not seen")
	}
	time.Sleep(200 * time.Millisecond) // until what only the start needed is gone
	for _, pid := range descendants(c.Process.Pid) {
		if pid == sleeping {
			continue
		}
		kb, err := pss(pid)
		if err != nil {
			return m, err
		}
		m.Total += kb
		m.Processes = append(m.Processes, fmt.Sprintf("%s %d", comm(pid), kb))
	}
	return m, nil
}

func comm(pid int) string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// descendants are the process and all below it.
func descendants(pid int) []int {
	list := []int{pid}
	for _, child := range children(pid) {
		list = append(list, descendants(child)...)
	}
	return list
}

func children(pid int) (list []int) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		for _, child := range strings.Fields(string(b)) {
			if n, err := strconv.Atoi(child); err == nil {
				list = append(list, n)
			}
		}
	}
	return list
}

func pss(pid int) (int, error) {
	kb, err := rollup(pid)
	return kb["Pss"], err
}

// rollup is what a process's memory adds up to, in kB: proc_pid_smaps(5).
func rollup(pid int) (map[string]int, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return nil, err
	}
	kb, err := kilobytes(string(b))
	if _, ok := kb["Pss"]; !ok && err == nil {
		err = fmt.Errorf("no Pss in smaps_rollup of %d", pid)
	}
	return kb, err
}

// kilobytes are the lines such as "Pss: 12 kB" of a file.
func kilobytes(text string) (map[string]int, error) {
	kb := map[string]int{}
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) != 3 || f[2] != "kB" {
			continue
		}
		n, err := strconv.Atoi(f[1])
		if err != nil {
			return nil, err
		}
		kb[strings.TrimSuffix(f[0], ":")] = n
	}
	return kb, nil
}
