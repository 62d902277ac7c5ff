package terminal

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

// Keeps away: a signal that came while the container was put together was passed on
// to a child that had it blocked, and was lost with it.
func TestASignalDuringTheStartEndsIt(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		const sleep = 20 * time.Second
		for i := range 40 {
			c := exec.Command(kit.Urun, userns, "-q", rootfs, "sleep", "20")
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			time.Sleep(time.Duration(i) * 200 * time.Microsecond)
			if err := c.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			_ = c.Wait() // how it ended is in its state
			if took := time.Since(begin); took > sleep/2 {
				t.Errorf("SIGTERM after %d µs was lost: it ran for %v", i*200, took)
			}
			if c.ProcessState.Success() {
				t.Errorf("SIGTERM after %d µs: exit status 0", i*200)
			}
		}
	})
}

// Keeps away: Ctrl-Z in the first moments of a command stopped urun alone, and the command ran on.
func TestAStopDuringTheStartStopsTheCommandToo(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs, before := kit.Rootfs(t), 0
		for i := range 40 {
			after := time.Duration(i) * 300 * time.Microsecond
			ticks, err := os.Create(t.TempDir() + "/ticks")
			if err != nil {
				t.Fatal(err)
			}
			defer ticks.Close()
			size := func() int64 {
				at, err := ticks.Stat()
				if err != nil {
					t.Fatal(err)
				}
				return at.Size()
			}
			c := exec.Command(kit.Urun, userns, "-q", rootfs, "sh", "-c", "while echo; do sleep 0.01; done")
			c.Stdout = ticks
			c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a job of its own, as a shell starts it
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			urun := strconv.Itoa(c.Process.Pid)
			time.Sleep(after)
			kill(t, urun, syscall.SIGTSTP)
			if !happens(func() bool { return state(t, urun) == "T" }) {
				t.Fatalf("SIGTSTP after %v: urun is not stopped", after)
			}
			time.Sleep(50 * time.Millisecond) // what is on its way to be stopped
			stopped := size()
			time.Sleep(60 * time.Millisecond)
			if size() != stopped {
				t.Errorf("SIGTSTP after %v: the command runs while urun is stopped", after)
			}
			if stopped == 0 {
				before++
			}
			kill(t, urun, syscall.SIGCONT)
			if !happens(func() bool { return size() > stopped }) {
				t.Errorf("SIGTSTP after %v: the command does not go on", after)
			}
			kill(t, urun, syscall.SIGKILL)
			_ = c.Wait()
		}
		t.Logf("%d of 40 were stopped before the command ran", before)
	})
}

// Keeps away: the terminal was handed to the container as soon as there was a pty, and a Ctrl-C typed while
// the network driver was still starting reached nobody.
func TestCtrlCWhileADriverStartsEndsTheStart(t *testing.T) {
	testenv.Unprivileged(t)
	tun, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		testenv.Skip(t, err.Error())
	}
	tun.Close()
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/slirp4netns", []byte("#!/bin/sh\ntouch "+dir+"/started\nexec sleep 1000\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := sit(t, "env", "PATH="+dir+":/usr/bin:/bin", kit.Urun, "--userns=single", "--net=slirp4netns", kit.Rootfs(t), "sleep", "1000")
	s.until("the driver starts", func() bool {
		_, err := os.Stat(dir + "/started")
		return err == nil
	})
	s.types("\x03")
	if status := s.ends(); status != 128+int(syscall.SIGINT) {
		t.Errorf("exit status %d", status)
	}
	s.leftAsItWas()
}

// Keeps away: output that a slow reader had not taken yet was dropped 0.2 s after
// the command's end.
func TestASlowReaderGetsAllOfTheOutput(t *testing.T) {
	testenv.Unprivileged(t)
	rootfs := kit.Rootfs(t)
	c := exec.Command(kit.Urun, "--userns=single", "-t", rootfs, "seq", "1", "20000")
	c.Stdin = strings.NewReader("")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	got, buf := 0, make([]byte, 4096)
	for {
		n, err := out.Read(buf)
		got += n
		if err != nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
	if want := 108894 + 20000; got != want { // a newline is two characters on a terminal
		t.Errorf("%d bytes came, want %d", got, want)
	}
}

// Keeps away: a command with a terminal waited for ever for room in it, or urun died
// of SIGPIPE.
func TestAReaderThatIsGoneHangsTheTerminalUp(t *testing.T) {
	testenv.Unprivileged(t)
	rootfs := kit.Rootfs(t)
	r := shell(t, "--userns=single", rootfs, "$0 $1 -t $2 yes </dev/null | head -n 1")
	if !strings.HasSuffix(r.Stdout, "y\r\n") {
		t.Errorf("%q, want one y", r.Stdout)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	c := exec.Command(kit.Urun, "--userns=single", "-t", rootfs, "yes")
	c.Stdout = full
	if err := c.Run(); err == nil { // by SIGHUP, or by the error of a terminal that hung up
		t.Error("yes ended well although nothing could be written")
	}
}

// Keeps away: the end of input within a line was not seen inside.
func TestTheEndOfInputWithinALineIsOne(t *testing.T) {
	testenv.Unprivileged(t)
	c := exec.Command(kit.Urun, "--userns=single", "-t", kit.Rootfs(t), "cat")
	c.Stdin = strings.NewReader("abc")
	if r := testenv.Finish(t, c); r.Status != 0 || !strings.Contains(r.Stdout, "abc") {
		t.Errorf("exit status %d, %q", r.Status, r.Stdout)
	}
}
