package terminal

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/urun-project/urun/test/testenv"
)

// verbs are the two ways to start a command in the foreground, each as the beginning of a command line, in a container
// that runs and in a new one.
func verbs(h *testenv.Home, flags ...string) map[string][]string {
	env := []string{"env", "XDG_RUNTIME_DIR=" + h.Runtime, "XDG_STATE_HOME=" + h.State, h.Urun}
	h.Detach([]string{"--name", "a"}, "sleep", "1000")
	return map[string][]string{
		"run":  append(append([]string{}, env...), h.Args(flags)...),
		"exec": append(append(append([]string{}, env...), "exec"), append(flags, "a")...),
	}
}

func command(verb []string, words ...string) []string {
	return append(verb[:len(verb):len(verb)], words...)
}

// redirection is something else than a terminal, and what was written to it.
type redirection struct {
	file  *os.File
	inode uint64
	text  func() string
}

// redirected makes one of the kind, "" for a terminal. What is to be read is a line.
func redirected(t *testing.T, kind string, input bool) (r redirection) {
	t.Helper()
	var err error
	switch kind {
	case "":
		return r
	case "file":
		name := t.TempDir() + "/file"
		if input {
			err = os.WriteFile(name, []byte("typed\n"), 0o644)
		}
		if err == nil {
			r.file, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
		}
		r.text = func() string { b, _ := os.ReadFile(name); return string(b) }
	case "pipe":
		var ours *os.File
		if input {
			r.file, ours, err = os.Pipe()
			fmt.Fprintln(ours, "typed")
			ours.Close()
		} else {
			ours, r.file, err = os.Pipe()
			r.text = func() string { r.file.Close(); b, _ := io.ReadAll(ours); ours.Close(); return string(b) }
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	st, err := r.file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	r.inode = st.Sys().(*syscall.Stat_t).Ino
	t.Cleanup(func() { r.file.Close() })
	return r
}

// Keeps away: the command had the caller's terminal, and could keep it, when not both of standard input and output were one.
func TestTheCommandNeverHasTheCallersTerminal(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		kinds := []string{"", "file", "pipe"}
		user := "0"
		if userns != "--userns=single" {
			user = "7"
		}
		for verb, line := range verbs(h, "--no-tty", "-u", user) {
			for n := range 27 {
				kind := []string{kinds[n%3], kinds[n/3%3], kinds[n/9]}
				name := fmt.Sprintf("%s with %q", verb, kind)
				var files [3]*os.File
				var to [3]redirection
				for i := range to {
					to[i] = redirected(t, kind[i], i == 0)
					files[i] = to[i].file
				}
				s := sitWith(t, files, command(line, "probe", "streams")...)
				if kind[0] == "" {
					s.types("typed\n")
				}
				if n := s.ends(); n != 0 {
					t.Fatalf("%s: exit status %d\n%s", name, n, s.shown())
				}
				s.leftAsItWas()
				text := func(fd int, last string) string {
					if to[fd].text == nil {
						s.until("all is shown", func() bool { return strings.Contains(s.shown(), last) })
						return strings.ReplaceAll(s.shown(), "\r\n", "\n")
					}
					return to[fd].text()
				}
				facts, errors := text(1, "read "), text(2, "an error")
				for fd := range 3 {
					want := fmt.Sprintf("%d terminal false device false fifo true uid %s inode ", fd, user) // so it can be opened inside
					if kind[fd] != "" {
						want = fmt.Sprintf("%d terminal false device false fifo %t uid %s inode %d\n", fd, kind[fd] == "pipe", "0", to[fd].inode) // the caller's own
					}
					if !strings.Contains(facts, want) {
						t.Errorf("%s: not so: %s\n%s", name, want, facts)
					}
				}
				if !strings.Contains(facts, `read "typed\n"`) || !strings.Contains(errors, "an error") {
					t.Errorf("%s: %q, %q", name, facts, errors)
				}
			}
		}
		h.Run("rm", "-f", "a").OK(t)
	})
}

// With a terminal of its own the command's errors go there as well, wherever urun's go.
func TestErrorsGoToATerminalOfItsOwn(t *testing.T) {
	testenv.Unprivileged(t)
	h := kit.Home(t, "")
	for verb, line := range verbs(h) {
		to := redirected(t, "file", false)
		s := sitWith(t, [3]*os.File{2: to.file}, command(line, "sh", "-c", "test -t 2 && echo to the terminal >&2")...)
		s.sees("to the terminal")
		if n := s.ends(); n != 0 || to.text() != "" {
			t.Errorf("%s: exit status %d, %q", verb, n, to.text())
		}
	}
	h.Run("rm", "-f", "a").OK(t)
}

func TestTheOrderOnOneTerminal(t *testing.T) {
	testenv.Unprivileged(t)
	h := kit.Home(t, "")
	for verb, line := range verbs(h) {
		null := redirected(t, "file", true)
		s := sitWith(t, [3]*os.File{null.file}, command(line, "sh", "-c", "for i in $(seq 300); do echo o$i; echo e$i >&2; done; echo again >/dev/stdout; exit 4")...)
		if n := s.ends(); n != 4 {
			t.Errorf("%s: exit status %d", verb, n)
		}
		s.sees("again")
		var want strings.Builder
		for i := range 300 {
			fmt.Fprintf(&want, "o%d\r\ne%d\r\n", i+1, i+1)
		}
		if got := s.shown(); got != want.String()+"again\r\n" {
			t.Errorf("%s: %s", verb, got)
		}
	}
	h.Run("rm", "-f", "a").OK(t)
}

// It waits for who reads, and loses nothing of 13 MB: the reader is slow at the beginning, and when the command has ended.
func TestASlowTerminalGetsAllOfTheOutput(t *testing.T) {
	testenv.Unprivileged(t)
	h := kit.Home(t, "")
	for verb, line := range verbs(h) {
		master, slave, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		master = pollable(t, master)
		line := command(line, "seq", "1000000", "2500000")
		c := exec.Command(line[0], line[1:]...)
		c.Stdout, c.Stderr = slave, slave
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		const want = 1500001 * 9 // a newline is two characters on a terminal
		got, last, buf := 0, "", make([]byte, 64<<10)
		for got < want {
			if err := master.SetReadDeadline(time.Now().Add(testenv.Deadline)); err != nil {
				t.Fatal(err)
			}
			n, err := master.Read(buf)
			if got += n; n >= 9 {
				last = string(buf[n-9 : n])
			}
			if err != nil {
				t.Fatalf("%s: %v after %d of %d bytes", verb, err, got, want)
			}
			if got < 1<<20 || got > want-1<<17 {
				time.Sleep(4 * time.Millisecond)
			}
		}
		if err := c.Wait(); err != nil || got != want || last != "2500000\r\n" {
			t.Errorf("%s: %v; %d bytes came, want %d; the last are %q", verb, err, got, want, last)
		}
		master.Close()
		slave.Close()
	}
	h.Run("rm", "-f", "a").OK(t)
}

// What outlives the command, and goes on writing or is silent, keeps nobody waiting.
func TestUrunEndsWithTheCommandThoughItsOutputIsHeld(t *testing.T) {
	testenv.Unprivileged(t)
	h := kit.Home(t, "")
	for verb, line := range verbs(h) {
		for _, start := range []string{"sleep 1001 &", "sleep 1001 </dev/tty & trap '' PIPE; yes loud &", "(sleep 0.05; echo late) &"} {
			in := redirected(t, "file", true)
			s := sitWith(t, [3]*os.File{in.file}, command(line, "sh", "-c", start+" echo hi; exit 3")...)
			s.sees("hi\r\n")
			if n := s.ends(); n != 3 {
				t.Errorf("%s, %s: exit status %d", verb, start, n)
			}
			if verb == "exec" && strings.Contains(start, "late") {
				s.sees("late\r\n") // it has a moment
			}
		}
	}
	h.Run("rm", "-f", "a").OK(t)
}
