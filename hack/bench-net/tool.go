package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// asUser makes the command the normal user's, with variables of its own: a runtime directory above all.
func asUser(o options, c *exec.Cmd) error {
	u, err := user.LookupId(strconv.Itoa(o.uid))
	if err != nil {
		return err
	}
	c.Dir = o.userDir()
	c.Env = []string{"HOME=" + o.userDir(), "XDG_RUNTIME_DIR=" + o.runtimeDir(), "USER=" + u.Username, "LOGNAME=" + u.Username, "PATH=" + os.Getenv("PATH")}
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: &syscall.Credential{
		Uid: uint32(o.uid), Gid: uint32(o.gid), Groups: []uint32{uint32(o.gid)},
	}}
	return nil
}

func (o options) userDir() string    { return o.work + "/user" }
func (o options) runtimeDir() string { return o.work + "/r" }

// run runs a command as the normal user and gives back what it prints.
func run(o options, limit time.Duration, argv ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	if err := asUser(o, c); err != nil {
		return "", err
	}
	return output(ctx, c)
}

// inWorld runs a command in the world.
func (o options) inWorld(limit time.Duration, argv ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	c := exec.CommandContext(ctx, "nsenter", append([]string{"-t", strconv.Itoa(o.world), "-n"}, argv...)...)
	return output(ctx, c)
}

func output(ctx context.Context, c *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	c.WaitDelay = time.Second // what a tool leaves behind may hold the pipes
	err := c.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		err = fmt.Errorf("%w: %s", err, lastLine(stderr.String()+stdout.String()))
	}
	return stdout.String(), err
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// awaitListening starts a command that has an iperf3 server in it, and returns when that says that it listens. Lines that
// come after that are sent to rest, unless it is nil. What the command complains of is in complaints when it has ended.
func awaitListening(c *exec.Cmd, rest chan<- string) (complaints *bytes.Buffer, err error) {
	stdout, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	complaints = new(bytes.Buffer)
	c.Stderr = complaints
	c.WaitDelay = time.Second
	if err := c.Start(); err != nil {
		return nil, err
	}
	listens := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "Server listening") {
				select {
				case listens <- true:
				default: // it listens again
				}
			} else if rest != nil {
				rest <- lines.Text()
			}
		}
		close(listens)
		if rest != nil {
			close(rest)
		}
	}()
	select {
	case ok := <-listens:
		if ok {
			return complaints, nil
		}
		return nil, fmt.Errorf("ended before its iperf3 listened: %w: %s", c.Wait(), lastLine(complaints.String()))
	case <-time.After(patience):
		return nil, fmt.Errorf("its iperf3 does not listen after %v", patience)
	}
}
