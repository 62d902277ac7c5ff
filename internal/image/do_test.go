package image

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
)

// played is a urun-image that does what the request's format says.
func played() int {
	unix.CloseOnExec(RequestFD)
	socket := os.NewFile(RequestFD, "socket")
	var r Request
	if json.NewDecoder(socket).Decode(&r) != nil {
		return 9
	}
	a := Answer{Images: []Done{{Name: "n", ID: r.Do}}}
	switch r.Format {
	case "echo":
		a.Images[0].Name = fmt.Sprintf("%v %v %v %v", r.Sources, r.Environ["HOME"], *r.TLSVerify, r.UIDs)
		text, _ := io.ReadAll(os.Stdin)
		fmt.Printf("out %s", text)
		fmt.Fprint(os.Stderr, "err")
	case "fail":
		a.Error = "pull it: no such thing"
	case "die":
		return 3
	case "killed":
		_ = unix.Kill(os.Getpid(), unix.SIGKILL)
	case "half":
		_, _ = socket.WriteString(`{"Images":`)
		return 0
	case "grandchild": // a process of its own has the socket still
		fd, _ := unix.Dup(int(socket.Fd()))
		c := exec.Command("sleep", "600")
		c.ExtraFiles = []*os.File{os.NewFile(uintptr(fd), "socket")}
		_ = c.Start()
		fmt.Println(c.Process.Pid)
		return 4
	case "wait": // until the socket ends
		_, _ = io.Copy(io.Discard, socket)
		fmt.Print("ended")
		return 0
	case "deaf":
		signal.Ignore(unix.SIGTERM, unix.SIGINT)
		time.Sleep(time.Minute)
	}
	if json.NewEncoder(socket).Encode(a) != nil {
		return 1
	}
	return 0
}

// do has the test play urun-image and gives what it wrote.
func do(t *testing.T, ctx context.Context, r Request) (a Answer, stdout, stderr string, err error) {
	t.Helper()
	dir := t.TempDir()
	must(t, os.WriteFile(dir+"/in", []byte("in"), 0o600))
	var files [3]*os.File
	for i, name := range []string{"in", "out", "err"} {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE, 0o600)
		must(t, err)
		defer f.Close()
		files[i] = f
	}
	a, err = Do(ctx, "/proc/self/exe", r, files[0], files[1], files[2])
	out, _ := os.ReadFile(dir + "/out")
	errs, _ := os.ReadFile(dir + "/err")
	return a, string(out), string(errs), err
}

func TestDoAsksAndAnswers(t *testing.T) {
	no := false
	a, stdout, stderr, err := do(t, context.Background(), Request{Do: "pull", Format: "echo", Sources: []string{"x", "y"}, Environ: map[string]string{"HOME": "/h"}, TLSVerify: &no})
	want := Answer{Images: []Done{{Name: "[x y] /h false []", ID: "pull"}}}
	if err != nil || !reflect.DeepEqual(a, want) || stdout != "out in" || stderr != "err" {
		t.Errorf("%+v, %q, %q, %v", a, stdout, stderr, err)
	}
	large := strings.Repeat("x", 1<<20) // more than a socket holds
	if a, _, _, err := do(t, context.Background(), Request{Do: large}); err != nil || a.Images[0].ID != large {
		t.Errorf("a large one: %v", err)
	}
	a, _, _, err = do(t, context.Background(), Request{Do: "pull", Format: "fail"})
	if err == nil || err.Error() != "pull it: no such thing" || len(a.Images) != 1 {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestAHelperThatDiesIsSaid(t *testing.T) {
	for format, says := range map[string]string{
		"die":    "urun-image has ended without an answer (exit status 3)",
		"killed": "urun-image has ended without an answer (signal: killed)",
		"half":   "urun-image has ended without an answer (exit status 0)",
	} {
		if a, _, _, err := do(t, context.Background(), Request{Format: format}); err == nil || !strings.Contains(err.Error(), says) || len(a.Images) > 0 {
			t.Errorf("%s: %+v, %v", format, a, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), testenv.Deadline)
	defer cancel()
	_, stdout, _, err := do(t, ctx, Request{Format: "grandchild"})
	if err == nil || !strings.Contains(err.Error(), "exit status 4") {
		t.Errorf("%v", err)
	}
	var pid int
	if n, _ := fmt.Sscan(stdout, &pid); n == 1 && pid > 1 {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	if _, err := Do(context.Background(), "/nowhere/urun-image", Request{}, os.Stdin, os.Stdout, os.Stderr); !errors.Is(err, unix.ENOENT) || !strings.Contains(err.Error(), "start urun-image") {
		t.Errorf("a program that is not there: %v", err)
	}
}

func TestTheHelperEndsWhenNobodyWantsTheAnswer(t *testing.T) {
	why := errors.New("interrupted")
	for _, format := range []string{"wait", "deaf"} {
		ctx, cancel := context.WithCancelCause(context.Background())
		time.AfterFunc(100*time.Millisecond, func() { cancel(why) })
		_, stdout, _, err := do(t, ctx, Request{Format: format})
		if !errors.Is(err, why) || format == "wait" && stdout != "ended" {
			t.Errorf("%s: %q, %v", format, stdout, err)
		}
	}
}

func TestTheProgramIsBesideUrun(t *testing.T) {
	dir := t.TempDir()
	for _, at := range []string{"lib/urun", "libexec/urun", "bin"} {
		must(t, os.MkdirAll(filepath.Join(dir, at), 0o755))
		path := filepath.Join(dir, at, "urun-image")
		must(t, os.WriteFile(path, nil, 0o644))
		if got := FindProgram(dir + "/bin/urun"); got == path {
			t.Error("what cannot be executed was found")
		}
		must(t, os.Chmod(path, 0o755))
		if got := FindProgram(dir + "/bin/urun"); got != path {
			t.Errorf("%s and not %s", got, path)
		}
	}
	if got := FindProgram(dir + "/other/sub/urun"); got != "" {
		t.Errorf("%s was found", got)
	}
}
