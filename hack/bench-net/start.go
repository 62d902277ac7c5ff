package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long a tool may take for what takes others milliseconds.
const patience = 10 * time.Second

func every(o options, p peer) int {
	if p.seldom {
		return max(1, min(4, o.runs/5))
	}
	return 1
}

// starts measures from starting the tool until it has ended, with /bin/true as the command and nothing but /dev/null
// for it to read and write, but a file for its complaints.
func starts(o options, s *sweeper, ready []peer) []series {
	var list []task
	for _, p := range ready {
		if p.ports {
			continue
		}
		argv := p.command(o, 0, "/bin/true")
		list = append(list, task{name: p.name, every: every(o, p), once: func() (float64, error) { return start(o, argv) }})
	}
	return rounds(s, list, o.runs)
}

func start(o options, argv []string) (float64, error) {
	c := exec.Command(argv[0], argv[1:]...)
	if err := asUser(o, c); err != nil {
		return 0, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	complaints, err := os.Create(o.work + "/stderr")
	if err != nil {
		return 0, err
	}
	defer complaints.Close()
	c.Stdin, c.Stdout, c.Stderr = null, null, complaints
	began := time.Now()
	if err := c.Start(); err != nil {
		return 0, err
	}
	watchdog := time.AfterFunc(patience, func() { _ = c.Process.Kill() })
	defer watchdog.Stop()
	err = c.Wait()
	elapsed := float64(time.Since(began).Microseconds()) / 1000
	if err != nil {
		text, _ := os.ReadFile(complaints.Name())
		err = fmt.Errorf("%w: %s", err, lastLine(string(text)))
	}
	return elapsed, err
}

// firstBytes measures from starting the tool until the program inside has received a byte from the world. The program
// tells the time itself: what a tool does with its output plays no part.
func firstBytes(o options, s *sweeper, ready []peer) []series {
	var list []task
	for _, p := range ready {
		if p.ports || p.less == "" && p.name != "host" {
			continue
		}
		argv := p.command(o, 0, "/bin/first", worldAddress())
		list = append(list, task{name: p.name, every: every(o, p), once: func() (float64, error) { return firstByte(o, argv) }})
	}
	return rounds(s, list, o.runs)
}

func firstByte(o options, argv []string) (float64, error) {
	var began unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &began); err != nil {
		return 0, err
	}
	out, err := run(o, patience, argv...)
	if err != nil {
		return 0, err
	}
	came, err := strconv.ParseInt(strings.TrimSpace(out), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read when the byte came: %w", err)
	}
	return float64(came-began.Nano()) / 1e6, nil
}
