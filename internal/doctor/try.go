package doctor

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/userns"
)

// Failure is what could not be done, and why. A nil one: it could.
type Failure struct {
	Doing string        // the system call that failed, or what else it was
	Errno syscall.Errno // 0 where Says tells it
	Says  string        // in words, or the kernel's own about a file system
	Err   error         // of newuidmap and its like; nil where Errno tells it
}

func (f *Failure) Error() string {
	switch {
	case f == nil:
		return ""
	case f.Errno != 0 && f.Says != "":
		return f.Doing + ": " + f.Errno.Error() + " (" + f.Says + ")"
	case f.Errno != 0:
		return f.Doing + ": " + f.Errno.Error()
	}
	return f.Doing + ": " + f.Says
}

// err is the failure as an error, which a nil one is not.
func (f *Failure) err() error {
	if f == nil {
		return nil
	}
	return f
}

// patience is how long a child may take. One that hangs, in a mount of a dead server, say, is killed.
const patience = 3 * time.Second

// trial is a few steps in a child of their own, which ends after the last of them.
type trial struct {
	flags  uintptr        // namespaces
	ids    *userns.Choice // of a new user namespace; nil: none
	config forkexec.InitConfig
	steps  func(p *forkexec.Program)
	during func(pid int) error     // what is done to it before its steps; nil: nothing
	seen   func(c *forkexec.Child) // looks at the results; nil: how it ends says all
}

// do carries it out and waits for its end.
func (t trial) do() *Failure {
	flags := t.flags
	if t.ids != nil {
		flags |= unix.CLONE_NEWUSER
	}
	c, err := forkexec.Spawn(flags, 0, true)
	if err != nil {
		return failed("clone", err)
	}
	defer c.Close()
	late := time.AfterFunc(patience, func() { _ = c.Signal(unix.SIGKILL, false) }) // it may have ended
	defer late.Stop()
	p := new(forkexec.Program)
	if t.ids != nil {
		err = t.ids.Write(c.Pid)
	}
	if t.during != nil {
		err = t.during(c.Pid)
	}
	if t.steps == nil {
		p.Alive("nothing more is to be done, and a program has a step")
	} else {
		t.steps(p)
	}
	if err == nil {
		err = c.Load(p, t.config, false) // until then it waits
	}
	if err != nil {
		c.Hangup()
		_ = c.Signal(unix.SIGKILL, false) // a sibling may hold a copy of the socket
	}
	ws, werr := c.Wait()
	if step := c.Failure(); step != nil {
		return &Failure{Doing: name(step), Errno: step.Errno, Says: step.Says}
	}
	switch {
	case err != nil:
		return failed("map ids", err)
	case werr != nil:
		return failed("wait4", werr)
	case ws.Signaled():
		return &Failure{Doing: "the child", Says: "was killed by signal " + unix.SignalName(ws.Signal())}
	}
	if t.seen != nil {
		t.seen(c)
	}
	return nil
}

// failed is the failure that an error tells of.
func failed(doing string, err error) *Failure {
	var call *os.SyscallError
	var helper *userns.HelperError
	var init *forkexec.InitError
	var errno syscall.Errno
	switch {
	case errors.As(err, &call):
		doing = call.Syscall
	case errors.As(err, &init):
		doing = init.Doing
	}
	switch {
	case errors.As(err, &helper):
		return &Failure{Doing: helper.Helper.Name, Says: helper.Error(), Err: err}
	case errors.As(err, &errno):
		return &Failure{Doing: doing, Errno: errno}
	}
	return &Failure{Doing: doing, Says: err.Error(), Err: err}
}

// name is what a step did, as its reason has it.
func name(e *forkexec.StepError) string { return e.Step.Why }
