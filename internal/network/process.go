package network

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is a helper that carries packets. It ends with urun, however that ends, and
// when it is stopped.
type process struct {
	name   string
	cmd    *exec.Cmd
	said   tail
	exited chan struct{} // closed when it has ended and been waited for
	unread func() string // what it has answered and nobody has read; may be nil
}

// launch starts a program in a directory, or in the caller's where that is "". It gets
// the files as descriptors 3 and up.
func launch(name, path, dir string, stdin *os.File, files []*os.File, args ...string) (*process, error) {
	p := &process{name: name, exited: make(chan struct{})}
	p.cmd = exec.Command(path, args...)
	p.cmd.Dir, p.cmd.ExtraFiles = dir, files
	if stdin != nil {
		p.cmd.Stdin = stdin
	}
	p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.said
	// A grandchild that holds the pipe must not keep anyone waiting.
	p.cmd.WaitDelay = 100 * time.Millisecond
	p.cmd.SysProcAttr = &syscall.SysProcAttr{
		// Ctrl-C is for the command, which may go on without heeding it.
		Setsid: true,
		// The thread that starts it must stay; see forkexec.Spawn.
		Pdeathsig: unix.SIGKILL,
	}
	if err := p.cmd.Start(); err != nil {
		return nil, &HelperError{Program: name, Err: err}
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in ProcessState
		close(p.exited)
	}()
	return p, nil
}

// kill ends the process. It takes a while to end where it holds the last descriptor
// of a device: the kernel waits until no packet of it is under way any more.
func (p *process) kill() { _ = p.cmd.Process.Kill() } // it may have ended

// grace is how long a process may live that has given up its part.
const grace = time.Second

// give waits for the end of a process that has closed what it was to answer on, and
// ends it if that does not come.
func (p *process) give() {
	select {
	case <-p.exited:
	case <-time.After(grace):
		p.stop()
	}
}

// end ends it, and waits for that where it holds ports that the next one may want.
func (p *process) end(ports []Port) {
	p.kill()
	if len(ports) > 0 {
		<-p.exited
	}
}

// stop ends the process and waits for that.
func (p *process) stop() {
	p.kill()
	<-p.exited
}

// ended tells whether it has, without waiting.
func (p *process) ended() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// failure is the error of a helper that did not become ready.
func (p *process) failure(doing string) error {
	if !p.ended() {
		return &HelperError{Program: p.name, Err: errors.New(doing)}
	}
	return &HelperError{Program: p.name, Err: errors.New(p.how()), Says: p.said.String()}
}

// how tells how it ended.
func (p *process) how() string {
	ws, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && ws.Signaled() {
		return "was killed by signal " + unix.SignalName(ws.Signal())
	}
	return fmt.Sprintf("ended with status %d", p.cmd.ProcessState.ExitCode())
}

// last tells how it ended and what it said of that.
func (p *process) last() string {
	how, says := p.how(), p.said.String()
	if says == "" && p.unread != nil {
		says = p.unread()
	}
	if says != "" {
		how += ": " + says
	}
	return how
}

// HelperError is a helper that could not be started or did not do its work.
type HelperError struct {
	Program string
	Err     error
	Says    string // its own words, or ""
}

func (e *HelperError) Error() string {
	s := e.Program + ": " + e.Err.Error()
	if e.Says != "" {
		s += ": " + e.Says
	}
	return s
}
func (e *HelperError) Unwrap() error { return e.Err }

// tail keeps the end of what a process says.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const tailSize = 16 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if n := len(t.b) - tailSize; n > 0 {
		t.b = append(t.b[:0], t.b[n:]...)
	}
	return len(p), nil
}

// String is the last line that is not a warning, without control characters.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(t.b)), "\n")
	for i, line := range lines { // of a Go program that crashed, what follows are its stacks
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			lines = lines[:i+1]
			break
		}
	}
	for i := len(lines) - 1; i >= 0; i-- {
		line := strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f {
				return -1
			}
			return r
		}, strings.ToValidUTF8(lines[i], "?"))
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "WARNING") {
			return line
		}
	}
	return ""
}

// all is everything that was kept.
func (t *tail) all() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}
