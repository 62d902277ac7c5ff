package main

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// memory is what a tool's processes take while a port is published, without traffic and with it.
type memory struct {
	Name string `json:"name"`
	Idle sample `json:"idle"`
	In   sample `json:"port_in"` // while the world sends to the port
	Out  sample `json:"out"`     // while the container sends
	Why  string `json:"left_out,omitempty"`
}

// sample is PSS in kB. The helpers are all of the tool's processes but the one that waits for the command.
type sample struct {
	Helpers   int      `json:"helpers_kb"`
	Total     int      `json:"total_kb"`
	Processes []string `json:"processes"`
}

func memories(o options, s *sweeper, ready []peer) []memory {
	var list []memory
	for _, p := range ready {
		if p.publish == nil || p.less == "" {
			continue
		}
		m, err := memoryOf(o, s, p)
		if err != nil {
			m.Why = err.Error()
		}
		s.sweep("memory of " + p.name)
		list = append(list, m)
	}
	return list
}

// memoryOf looks at one container, which serves once and then sends.
func memoryOf(o options, s *sweeper, p peer) (memory, error) {
	m := memory{Name: p.name}
	seconds := "3"
	if o.quick {
		seconds = "1"
	}
	script := fmt.Sprintf("iperf3 -s -1 -p %d --forceflush; iperf3 -c %s -p %d -t %s -i 0.2 --forceflush", iperfPort, worldIP, iperfPort, seconds)
	port := s.nextPort()
	argv := p.command(o, port, "/bin/sh", "-c", script)
	c := exec.Command(argv[0], argv[1:]...)
	if err := asUser(o, c); err != nil {
		return m, err
	}
	lines := make(chan string, 1000) // more than there will be: nothing waits for who reads them
	if _, err := awaitListening(c, lines); err != nil {
		return m, err
	}
	watchdog := time.AfterFunc(2*patience, func() { s.kill() })
	defer watchdog.Stop()
	defer func() { s.kill(); _ = c.Wait() }()
	time.Sleep(300 * time.Millisecond) // until what only the start needed is gone
	m.Idle = s.take(p)

	ended := make(chan error, 1)
	go func() {
		_, err := o.toPort(patience, "iperf3", "-c", hostIP, "-p", strconv.Itoa(port), "-t", seconds)
		ended <- err
	}()
	var err error
	if m.In, err = s.greatest(p, ended); err != nil {
		return m, fmt.Errorf("send to the port: %w", err)
	}
	sends := false
	for line := range lines {
		if sends = strings.HasPrefix(line, "Connecting to host"); sends {
			break
		}
	}
	if !sends {
		return m, errors.New("its command does not send")
	}
	go func() {
		for range lines {
		}
		ended <- nil
	}()
	if m.Out, err = s.greatest(p, ended); err == nil && m.Out.Total == 0 {
		err = errors.New("its command has ended too early")
	}
	return m, err
}

// greatest takes samples until something has ended.
func (s *sweeper) greatest(p peer, ended <-chan error) (top sample, err error) {
	for {
		select {
		case err := <-ended:
			return top, err
		case <-time.After(100 * time.Millisecond):
			if now := s.take(p); now.Helpers > top.Helpers {
				top = now
			}
		}
	}
}

// take adds up the processes that are the tool's: not the bench's and the world's, and not the command's.
func (s *sweeper) take(p peer) sample {
	var now sample
	for _, q := range s.foreign() {
		if slices.Contains([]string{"iperf3", "sh", "nsenter"}, q.comm) {
			continue
		}
		kb, err := pss(q.pid)
		if err != nil {
			continue // it has ended
		}
		now.Total += kb
		if q.comm != p.front {
			now.Helpers += kb
		}
		now.Processes = append(now.Processes, fmt.Sprintf("%s %d", q.comm, kb))
	}
	return now
}
