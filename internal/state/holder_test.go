package state

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// status is how the containers of holders end.
const status = 42

// hold waits for a byte, adds a record, tells what came of it, and keeps it until its standard input ends.
func hold(path string, r Record, umask string) int {
	if n, err := strconv.ParseInt(umask, 8, 32); err == nil {
		syscall.Umask(int(n))
	}
	if _, err := os.Stdin.Read(make([]byte, 1)); err != nil {
		return 1
	}
	dir, err := Open([]string{path})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	r.Started = time.Now()
	e, err := dir.Add(r)
	if taken := (*TakenError)(nil); errors.As(err, &taken) {
		fmt.Println("taken")
		return 0
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer e.Close()
	fmt.Println("added")
	_, _ = io.Copy(io.Discard, os.Stdin)
	e.End(status)
	return 0
}

// process is one that holds a record.
type process struct {
	*exec.Cmd
	stdin io.WriteCloser
	said  chan string // its one line
}

func holder(t *testing.T, dir, id, name, umask string) *process {
	t.Helper()
	return keeper(t, dir, id, name, umask, "")
}

// keeper is a holder of a record that is to be kept, if it says so.
func keeper(t *testing.T, dir, id, name, umask, keep string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command("/proc/self/exe", "hold", dir, id, name, umask, keep), said: make(chan string, 1)}
	p.Stderr = os.Stderr
	stdin, err := p.StdinPipe()
	must(t, err)
	stdout, err := p.StdoutPipe()
	must(t, err)
	p.stdin = stdin
	must(t, p.Start())
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait()
	})
	go func() {
		line, _ := bufio.NewReader(stdout).ReadString('\n')
		p.said <- strings.TrimSpace(line)
	}()
	return p
}

// start has it add its record.
func (p *process) start(t *testing.T) {
	t.Helper()
	_, err := p.stdin.Write([]byte{'\n'})
	must(t, err)
}

// answer is what it said; a process that says nothing hangs.
func (p *process) answer(t *testing.T) string {
	t.Helper()
	select {
	case line := <-p.said:
		return line
	case <-time.After(60 * time.Second):
		t.Fatal("a process hangs")
		return ""
	}
}

// end has it close its record and waits for it.
func (p *process) end(t *testing.T) {
	t.Helper()
	p.stdin.Close()
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
}
