package inside

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/userns"
)

// Job is what is to be done. One field is set.
type Job struct {
	// Remove is the path of a file, or of a directory that goes with all that is in it.
	// It is absolute. Bytes, because JSON would change a name that is not UTF-8.
	Remove []byte `json:"remove,omitempty"`
}

// answer is what the helper says at the end.
type answer struct {
	Error string `json:"error,omitempty"`
}

var errCallerNotRoot = errors.New("the caller must be 0 in the id map")

// Run does the job in a new user namespace with the maps of ids, which [userns.Choose]
// gives for auto or for one id, and waits for its end. What the job reports is the
// error's text; a *[userns.HelperError] tells that newuidmap failed.
func Run(job Job, ids userns.Choice) error {
	uid, known := userns.ToContainer(ids.UIDs, uint32(os.Geteuid()))
	if gid, ok := userns.ToContainer(ids.GIDs, uint32(os.Getegid())); !known || !ok || uid != 0 || gid != 0 {
		return errCallerNotRoot
	}
	text, err := json.Marshal(job)
	if err != nil {
		return err
	}
	p, err := newPipes()
	if err != nil {
		return err
	}
	defer p.close()
	c, err := forkexec.Spawn(unix.CLONE_NEWUSER, 0, true)
	if err != nil {
		return err
	}
	defer c.Close()
	return p.run(c, p.program(), ids, text)
}

// pipes carry the job to the helper and its answer back.
type pipes struct{ jobOut, jobIn, answerOut, answerIn *os.File }

func newPipes() (p pipes, err error) {
	if p.jobOut, p.jobIn, err = os.Pipe(); err != nil {
		return p, err
	}
	if p.answerOut, p.answerIn, err = os.Pipe(); err != nil {
		p.close()
	}
	return p, err
}

func (p pipes) close() {
	for _, f := range []*os.File{p.jobOut, p.jobIn, p.answerOut, p.answerIn} {
		if f != nil {
			f.Close()
		}
	}
}

// run makes the child the helper and gives what became of the job.
func (p pipes) run(c *forkexec.Child, program *forkexec.Program, ids userns.Choice, job []byte) error {
	out, err := p.talk(c, program, ids, job)
	if err != nil {
		c.Hangup()
		_ = c.Signal(unix.SIGKILL, false) // ESRCH: it has ended
	}
	ws, werr := c.Wait()
	if step := c.Failure(); step != nil {
		return fmt.Errorf("start the helper: %w", step)
	}
	if err = errors.Join(err, werr); err != nil {
		return err
	}
	var a answer
	if json.Unmarshal(out, &a) != nil || !ws.Exited() {
		return fmt.Errorf("the helper ended without an answer: wait status %#x", uint32(ws))
	}
	if a.Error != "" {
		return errors.New(a.Error)
	}
	return nil
}

// talk maps the child's ids, makes it the helper, and exchanges the job for the answer.
func (p pipes) talk(c *forkexec.Child, program *forkexec.Program, ids userns.Choice, job []byte) ([]byte, error) {
	if err := ids.Write(c.Pid); err != nil {
		return nil, err
	}
	if err := c.Load(program, forkexec.InitConfig{}, false); err != nil {
		return nil, err
	}
	if err := c.Release(); err != nil {
		return nil, err
	}
	// The helper has these ends now, and its death must show as an end of file.
	p.jobOut.Close()
	p.answerIn.Close()
	if _, err := p.jobIn.Write(job); err != nil && !errors.Is(err, unix.EPIPE) {
		return nil, fmt.Errorf("hand over the job: %w", err)
	}
	p.jobIn.Close()
	return io.ReadAll(p.answerOut)
}

// program makes the child the helper.
func (p pipes) program() *forkexec.Program {
	s := new(forkexec.Program)
	s.Wait("Mapped: until the ids have a meaning here")
	s.Call("the job", unix.SYS_DUP3, int(p.jobOut.Fd()), 0, 0)
	s.Call("the answer", unix.SYS_DUP3, int(p.answerIn.Fd()), 1, 0)
	s.Call("the helper ends with urun", unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, int(unix.SIGKILL))
	s.Alive("urun may have ended before that took effect")
	s.Call("every descriptor ends with the exec", unix.SYS_CLOSE_RANGE, 3, uint32(1<<32-1), unix.CLOSE_RANGE_CLOEXEC)
	s.Tolerate(s.Call("but the control socket, by which the helper knows who started it", unix.SYS_DUP3, forkexec.Control, controlFD, 0), unix.EINVAL)
	s.Call("whether or not it was that one before", unix.SYS_FCNTL, controlFD, unix.F_SETFD, 0)
	s.Call("the clone has blocked all signals", unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, make([]byte, 8), 0, 8)
	exe := s.Call("urun itself, which nobody can write through this", unix.SYS_OPENAT, unix.AT_FDCWD, "/proc/self/exe", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	s.Call("no process of a container is beside it", unix.SYS_EXECVEAT, exe, "", s.Strings([]string{Name}), s.Strings(nil), unix.AT_EMPTY_PATH)
	return s
}
