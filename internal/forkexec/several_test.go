package forkexec

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
)

const (
	severalName = "urun-test-several"
	howMany     = 8
)

// several clones children at once, which wait for their programs, says who they are, and waits to be killed.
func several() {
	for range howMany {
		go func() {
			c, err := Spawn(unix.CLONE_NEWUSER, 0, true)
			if err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
			fmt.Println(c.Pid)
		}()
	}
	time.Sleep(time.Hour)
}

// Each had a copy of the other's control socket, so that none saw that the parent was gone: two unpackers of urun-image stayed for
// ever, and its locks with them.
func TestChildrenThatWereClonedAtOnceEndWithTheirParent(t *testing.T) {
	testenv.Unprivileged(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		c := exec.Command(self)
		c.Args = []string{severalName}
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		var children []int
		for lines := bufio.NewScanner(out); len(children) < howMany && lines.Scan(); {
			pid, err := strconv.Atoi(lines.Text())
			if err != nil {
				t.Fatal(lines.Text())
			}
			fd, err := unix.PidfdOpen(pid, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(fd)
			children = append(children, fd)
		}
		if len(children) != howMany {
			t.Fatalf("%d children", len(children))
		}
		_ = c.Process.Kill()
		_ = c.Wait()
		for _, fd := range children {
			if n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 10000); n != 1 || err != nil {
				for _, fd := range children {
					_ = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) // ESRCH: it has ended
				}
				t.Fatalf("a child is there still: %v", err)
			}
		}
	}
}
