package image

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// FindProgram finds urun-image for the urun with this path: beside it, or where packages put it. Empty: there is none.
func FindProgram(self string) string {
	dir := filepath.Dir(self)
	for _, at := range []string{dir, filepath.Join(dir, "../libexec/urun"), filepath.Join(dir, "../lib/urun")} {
		if p := filepath.Join(at, Program); unix.Access(p, unix.X_OK) == nil {
			return p
		}
	}
	return ""
}

// grace is how long urun-image has to end when nobody wants its answer any more.
const grace = 5 * time.Second

// Do has urun-image, the program, do what is asked for, and waits for its answer. When ctx ends the work ends, and the
// error is why. What it answers as an error is one here too, beside the answer.
func Do(ctx context.Context, program string, r Request, stdin, stdout, stderr *os.File) (Answer, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return Answer{}, err
	}
	ours, theirs, err := socketpair()
	if err != nil {
		return Answer{}, err
	}
	defer ours.Close()
	// The environment is urun's own: that of certificates is read by the library, and helpers for credentials have needs of their own.
	p, err := os.StartProcess(program, []string{Program}, &os.ProcAttr{Files: []*os.File{stdin, stdout, stderr, theirs}})
	theirs.Close()
	if err != nil {
		return Answer{}, fmt.Errorf("start %s: %w", Program, err)
	}
	ended, said := make(chan *os.ProcessState, 1), make(chan answered, 1)
	go func() {
		state, _ := p.Wait() // it is our child, and nobody else waits
		ended <- state
	}()
	go func() { said <- talk(ours, text) }()
	got, state := answered{}, (*os.ProcessState)(nil)
	select {
	case got = <-said:
		_ = unix.Shutdown(int(ours.Fd()), unix.SHUT_RDWR) // no more is wanted; ENOTCONN: it has ended
	case state = <-ended: // what it said is still to be read, but a process of its own may keep the socket open
		_ = unix.Shutdown(int(ours.Fd()), unix.SHUT_RDWR)
		got = <-said
	case <-ctx.Done():
		_ = unix.Shutdown(int(ours.Fd()), unix.SHUT_RDWR) // by this it sees that it is to end
	}
	if state == nil {
		state = reap(p, ended)
	}
	switch {
	case ctx.Err() != nil:
		return Answer{}, context.Cause(ctx)
	case got.err != nil:
		return Answer{}, fmt.Errorf("%s %s: %w", Program, how(state), got.err)
	case got.Error != "":
		return got.Answer, errors.New(got.Error)
	}
	return got.Answer, nil
}

// answered is an answer, or why there is none.
type answered struct {
	Answer
	err error
}

func socketpair() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	return os.NewFile(uintptr(fds[0]), "socket"), os.NewFile(uintptr(fds[1]), "socket"), nil
}

func talk(socket *os.File, request []byte) (a answered) {
	if _, a.err = socket.Write(request); a.err == nil {
		a.err = json.NewDecoder(socket).Decode(&a.Answer)
	}
	return a
}

// reap waits for its end, which may be hastened.
func reap(p *os.Process, ended <-chan *os.ProcessState) *os.ProcessState {
	select {
	case state := <-ended:
		return state
	case <-time.After(grace):
		_ = p.Signal(syscall.SIGKILL) // it may have ended by now
		return <-ended
	}
}

func how(state *os.ProcessState) string {
	if state == nil {
		return "has ended without an answer"
	}
	return "has ended without an answer (" + state.String() + ")"
}
