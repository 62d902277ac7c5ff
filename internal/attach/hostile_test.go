package attach

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestAMalformedFrameDropsItsClientAlone(t *testing.T) {
	h, dir := hub(t, func(h *Hub) {
		h.Input = func([]byte) error { t.Error("input came"); return nil }
		h.InputEnd = func() { t.Error("the end of input came") }
		h.Resize = func(_, _ uint16) { t.Error("a size came") }
	})
	good := collect(join(t, dir))
	for what, b := range map[string]string{
		"an unknown kind":         "?\x00\x00\x00\x00",
		"a kind of the other way": "o\x01\x00\x00\x00x",
		"a byte too long":         "i\x01\x00\x01\x00",
		"far too long":            "i\xff\xff\xff\xff",
		"half a size":             "w\x02\x00\x00\x00xx",
		"an end with a body":      "q\x01\x00\x00\x00x",
		"a truncated head":        "i\x05\x00",
		"a truncated body":        "i\x05\x00\x00\x00abc",
		"nothing":                 "",
	} {
		c := raw(t, dir)
		_, err := c.Write([]byte(b))
		must(t, err)
		must(t, c.CloseWrite())
		must(t, c.SetReadDeadline(time.Now().Add(hang)))
		if _, err := io.ReadAll(c); err != nil && !gone(err) {
			t.Errorf("%s: %v", what, err)
		}
	}
	eventually(t, "one client", func() bool { return len(h.attached()) == 1 })
	h.Output(Stdout, []byte("still here"))
	h.End(0)
	whole(t, wait(t, good), []byte("still here"), 0)
}

func TestAClientThatSaysNothing(t *testing.T) {
	h, dir := hub(t, nil)
	raw(t, dir)
	good := collect(join(t, dir))
	h.Output(Stdout, []byte("hello"))
	h.End(0)
	whole(t, wait(t, good), []byte("hello"), 0)
}

func TestTheLimit(t *testing.T) {
	h, dir := hub(t, func(h *Hub) { h.most = 2 })
	a, b := join(t, dir), collect(join(t, dir))
	_, err := Dial(dir)
	if err == nil || !strings.Contains(err.Error(), "2 clients are attached already, which is the limit") {
		t.Errorf("the third: %v", err)
	}
	a.Close()
	eventually(t, "a place", func() bool { return len(h.attached()) == 1 })
	c := collect(join(t, dir))
	h.End(5)
	whole(t, wait(t, b), nil, 5)
	whole(t, wait(t, c), nil, 5)
}

func TestOtherUsersAreRefused(t *testing.T) {
	_, dir := hub(t, func(h *Hub) { h.uid++ })
	c, err := Dial(dir)
	switch {
	case err == nil && os.Geteuid() == 0: // may attach to everybody's
		c.Close()
	case err == nil:
		c.Close()
		t.Error("another uid was let in")
	case os.Geteuid() == 0 || !strings.Contains(err.Error(), "may not attach"):
		t.Error(err)
	}
}

// process starts this executable again, and returns when it is ready.
func process(t *testing.T, verb, dir string, then func()) *exec.Cmd {
	t.Helper()
	p := exec.Command("/proc/self/exe", verb, dir)
	p.Stderr = os.Stderr
	out, err := p.StdoutPipe()
	must(t, err)
	must(t, p.Start())
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait()
	})
	then()
	line, err := bufio.NewReader(out).ReadString('\n')
	if line != "ready\n" {
		t.Fatalf("%s said %q, %v", verb, line, err)
	}
	return p
}

func TestAKilledClientIsDroppedAlone(t *testing.T) {
	h, dir := hub(t, nil)
	good := collect(join(t, dir))
	sent := 0
	say := func() {
		h.Output(Stdout, []byte("0123456789abcdef"))
		sent++
	}
	p := process(t, "watch", dir, func() {
		eventually(t, "attached", func() bool { return len(h.attached()) == 2 })
		say()
	})
	for range 100 {
		say()
	}
	must(t, p.Process.Kill())
	eventually(t, "dropped", func() bool {
		say()
		return len(h.attached()) == 1
	})
	h.End(0)
	whole(t, wait(t, good), []byte(strings.Repeat("0123456789abcdef", sent)), 0)
}

func TestAKilledSupervisorIsNoEndOfTheContainer(t *testing.T) {
	unleaked(t)
	dir := t.TempDir()
	p := process(t, "supervise", dir, func() {})
	c := join(t, dir)
	must(t, p.Process.Kill())
	if _, err := c.Receive(); !errors.Is(err, ErrLost) {
		t.Errorf("the client got %v", err)
	}
	_ = p.Wait()
	if c.Send([]byte("x")) == nil {
		t.Error("the client could send")
	}
	if _, err := Dial(dir); !errors.Is(err, ErrNobody) {
		t.Errorf("the next got %v", err)
	}
	c.Close()
}
