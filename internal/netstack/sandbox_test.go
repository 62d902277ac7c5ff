package netstack

import (
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/test/testenv"
)

// prctl(2) binds the thread that calls it.
func TestTheHelperIsConfined(t *testing.T) {
	_, h := online(t, nil)
	proc := "/proc/" + strconv.Itoa(h.cmd.Process.Pid)
	threads, err := os.ReadDir(proc + "/task")
	if err != nil || len(threads) < 2 {
		t.Fatalf("%d threads, %v", len(threads), err)
	}
	for _, thread := range threads {
		status, err := os.ReadFile(proc + "/task/" + thread.Name() + "/status")
		if err != nil || !strings.Contains(string(status), "NoNewPrivs:\t1") {
			t.Errorf("thread %s: %v\n%s", thread.Name(), err, status)
		}
	}
}

// A container that shares the host's processes sees the helper, and may be the same user.
func TestTheHelpersDescriptorsCannotBeHad(t *testing.T) {
	testenv.Need(t, "setpriv")
	plain := []string{"setpriv", "--bounding-set=-all", "--inh-caps=-all"} // without capabilities
	read := func(pid int) error {
		return exec.Command(plain[0], append(plain[1:], "readlink", "/proc/"+strconv.Itoa(pid)+"/fd/0")...).Run()
	}
	other := exec.Command(plain[0], append(plain[1:], "cat")...)
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := other.StdoutPipe()
	if err == nil {
		err = other.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer other.Wait()
	defer in.Close()
	io.WriteString(in, "x")
	io.ReadFull(out, make([]byte, 1)) // it is cat by now
	if err := read(other.Process.Pid); err != nil {
		t.Fatalf("those of another process: %v", err)
	}
	g, h := newGuest(t), startHelper(t, plain...)
	h.configure(t, network.StackConfig{Driver: network.StackTap}, g.tap(65520))
	if read(h.cmd.Process.Pid) == nil {
		t.Error("they can be had")
	}
}

// The keys of a terminal are meant for the command, and go to every process of the foreground group.
func TestKeysDoNotEndTheHelper(t *testing.T) {
	g, h := online(t, nil)
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGTSTP} {
		if err := h.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	l := listen(t, outside+":0")
	serve(l, func(c net.Conn) { io.WriteString(c, "still there") })
	if got, err := io.ReadAll(must(t)(g.dial("tcp", l.Addr().String()))); err != nil || string(got) != "still there" {
		t.Errorf("%q, %v", got, err)
	}
}
