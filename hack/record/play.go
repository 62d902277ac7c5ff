package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// The size of the terminal, in letters.
const (
	columns = 100
	rows    = 30
)

// place is where a session is played: a home with a project and a root file system in it.
type place struct {
	dir, home, bin string
}

func newPlace(bin, rootfs string) (place, error) {
	// Not below /tmp: with the host's root a container has an empty one of its own, in which everything can be written.
	cache, err := os.UserCacheDir()
	if err != nil {
		return place{}, err
	}
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return place{}, err
	}
	dir, err := os.MkdirTemp(cache, "urun-record")
	if err != nil {
		return place{}, err
	}
	p := place{dir: dir, home: dir + "/you"}
	p.bin, err = filepath.Abs(bin)
	if err == nil {
		err = os.Chmod(dir, 0o755) // for the other ids of the user's range
	}
	for _, d := range []string{p.home, p.home + "/project", dir + "/run", dir + "/state"} {
		err = errors.Join(err, os.Mkdir(d, 0o755))
	}
	err = errors.Join(err, os.Chmod(dir+"/run", 0o700), os.WriteFile(p.home+"/project/notes", []byte("to be read inside\n"), 0o644))
	if err == nil {
		var out []byte
		if out, err = exec.Command("cp", "-a", rootfs, p.home+"/rootfs").CombinedOutput(); err != nil {
			err = fmt.Errorf("copy the root file system: %w: %s", err, out)
		}
	}
	if err != nil {
		p.remove()
	}
	return p, err
}

// remove ends what the session has left and removes its files, some of which may be another id's.
func (p place) remove() {
	for _, args := range [][]string{{"rm", "-fa"}, {"unshare", "rm", "-rf", p.dir}} {
		c := exec.Command(filepath.Join(p.bin, "urun"), args...)
		c.Env = p.environ()
		_ = c.Run() // what stays is removed next, as far as it is the caller's
	}
	_ = os.RemoveAll(p.dir)
}

func (p place) environ() []string {
	return []string{"HOME=" + p.home, "PATH=" + p.bin + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "TERM=xterm-256color", "LC_ALL=C.UTF-8", "SHELL=/bin/bash",
		"XDG_RUNTIME_DIR=" + p.dir + "/run", "XDG_STATE_HOME=" + p.dir + "/state", "PS1=" + prompt, "PS2=", "HISTFILE="}
}

// replacements are paths of this place, and what stands for them.
func (p place) replacements() []string { return []string{p.home, "/home/you", p.dir, "/tmp"} }

// prompt cannot be in what a command prints.
const prompt = "\x01ready\x02"

// play types the commands into a shell that has a terminal. What is typed is not echoed: the recording writes it itself.
func (p place) play(script []step) error {
	shell := exec.Command("bash", "--norc", "--noprofile", "--noediting", "-i")
	shell.Env, shell.Dir = p.environ(), p.home
	terminal, err := pty.StartWithSize(shell, &pty.Winsize{Rows: rows, Cols: columns})
	if err != nil {
		return fmt.Errorf("start a shell with a terminal: %w", err)
	}
	defer func() {
		_ = shell.Process.Kill()
		terminal.Close()
		_ = shell.Wait()
	}()
	mode, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err == nil {
		mode.Lflag &^= unix.ECHO
		err = unix.IoctlSetTermios(int(terminal.Fd()), unix.TCSETS, mode)
	}
	if err != nil {
		return fmt.Errorf("set up the terminal: %w", err)
	}
	heard := make(chan []byte)
	go func() {
		defer close(heard)
		for {
			b := make([]byte, 4096)
			n, err := terminal.Read(b)
			if err != nil {
				return
			}
			heard <- b[:n]
		}
	}()
	defer func() { // the reader ends with the terminal
		go func() {
			for range heard {
			}
		}()
	}()
	if _, err := until(heard, prompt); err != nil {
		return fmt.Errorf("wait for the shell: %w", err)
	}
	for i := range script {
		s := &script[i]
		if s.command == "" {
			continue
		}
		time.Sleep(s.wait)
		if _, err := terminal.WriteString(s.command + "\n"); err != nil {
			return err
		}
		if s.output, err = until(heard, prompt); err != nil {
			return fmt.Errorf("run %q: %w; so far it said %q", s.command, err, s.output)
		}
	}
	return nil
}

// most is how long a command may take.
const most = 60 * time.Second

// until is what is heard before the mark.
func until(heard chan []byte, mark string) (string, error) {
	var all bytes.Buffer
	late := time.After(most)
	for {
		select {
		case b, more := <-heard:
			if all.Write(b); !more {
				return all.String(), errors.New("the shell has ended")
			}
		case <-late:
			return all.String(), fmt.Errorf("it takes longer than %v", most)
		}
		if before, _, found := strings.Cut(all.String(), mark); found {
			return before, nil
		}
	}
}
