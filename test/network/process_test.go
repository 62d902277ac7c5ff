package network

import (
	"bufio"
	"bytes"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

// process is a program that the test listens to while it runs.
type process struct {
	*exec.Cmd
	t      testing.TB
	lines  chan string
	stderr output
	wait   func() error
}

// output is what is written to it, and can be read meanwhile.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// start starts a program that is ended with the test.
func start(t testing.TB, c *exec.Cmd) *process {
	t.Helper()
	p := &process{Cmd: c, t: t, lines: make(chan string, 4096)}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = &p.stderr
	c.WaitDelay = time.Second
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(p.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	p.wait = sync.OnceValue(func() error {
		<-read // the pipe must be empty before Wait closes it
		return c.Wait()
	})
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = p.wait()
	})
	return p
}

// line waits for a line that begins with the word and gives what follows it.
func (p *process) line(word string) string {
	p.t.Helper()
	deadline := time.After(testenv.Deadline)
	var before []string
	for {
		select {
		case line, more := <-p.lines:
			if rest, ok := strings.CutPrefix(line, word); ok {
				return strings.TrimPrefix(rest, " ")
			}
			if !more {
				_ = p.wait() // for the rest of what it says
				p.t.Fatalf("%v ended without a line %q\nstdout: %q\nstderr: %s", p.Args, word, before, p.stderr.String())
			}
			before = append(before, line)
		case <-deadline:
			p.t.Fatalf("%v says no line %q\nstdout: %q\nstderr: %s", p.Args, word, before, p.stderr.String())
		}
	}
}

// ended waits for the end and gives the exit status.
func (p *process) ended() int {
	p.t.Helper()
	end := make(chan error, 1)
	go func() { end <- p.wait() }()
	select {
	case <-end:
	case <-time.After(testenv.Deadline):
		p.t.Fatalf("%v does not end\nstderr: %s", p.Args, p.stderr.String())
	}
	return p.ProcessState.ExitCode()
}

// served starts a server of the probe's and gives its port.
func served(t testing.TB, c *exec.Cmd) (p *process, port string) {
	t.Helper()
	p = start(t, c)
	_, port, err := net.SplitHostPort(p.line("listening"))
	if err != nil {
		t.Fatal(err)
	}
	return p, port
}

// eventually waits until the condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(testenv.Deadline); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// writeScript makes a program of a shell script's body.
func writeScript(path, body string) error {
	return os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755)
}
