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

// The executable that holder starts is that of the test.
func TestMain(m *testing.M) {
	if len(os.Args) == 6 && os.Args[1] == "hold" {
		os.Exit(hold(os.Args[2], os.Args[3], os.Args[4], os.Args[5]))
	}
	os.Exit(m.Run())
}

// hold waits for a byte, adds a record, tells what came of it, and keeps it until its standard input ends.
func hold(path, id, name, umask string) int {
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
	e, err := dir.Add(Record{ID: id, Name: name})
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
	p := &process{Cmd: exec.Command("/proc/self/exe", "hold", dir, id, name, umask), said: make(chan string, 1)}
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

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// dir is a directory of records of the test's own.
func dir(t *testing.T) *Dir {
	t.Helper()
	d, err := Open([]string{t.TempDir() + "/urun"})
	must(t, err)
	return d
}

func add(t *testing.T, d *Dir, r Record) *Entry {
	t.Helper()
	e, err := d.Add(r)
	must(t, err)
	t.Cleanup(e.Close)
	return e
}

// files are the names in the directory.
func files(t *testing.T, path string) string {
	t.Helper()
	entries, err := os.ReadDir(path)
	must(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}
