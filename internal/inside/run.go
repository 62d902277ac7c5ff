package inside

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/userns"
)

var errCallerNotRoot = errors.New("the caller must be 0 in the id map")

// Run does the job in a new user namespace with the maps of ids, which [userns.Choose]
// gives for auto or for one id, and waits for its end; that of ctx ends it. What the job reports is the
// error's text, and what it returns is put into result, unless that is nil. A *[userns.HelperError] tells that newuidmap failed.
func Run(ctx context.Context, job Job, ids userns.Choice, result any) error {
	uid, known := userns.ToContainer(ids.UIDs, uint32(os.Geteuid()))
	if gid, ok := userns.ToContainer(ids.GIDs, uint32(os.Getegid())); !known || !ok || uid != 0 || gid != 0 {
		return errCallerNotRoot
	}
	if err := job.check(); err != nil {
		return err
	}
	text, err := job.order()
	if err != nil {
		return err
	}
	p, err := newPipes()
	if err != nil {
		return err
	}
	defer p.close()
	c, err := forkexec.Spawn(job.namespaces(), 0, true)
	if err != nil {
		return err
	}
	defer c.Close()
	killed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = c.Signal(unix.SIGKILL, false) // ESRCH: it has ended
		close(killed)
	})
	defer func() {
		if !stop() {
			<-killed
		}
	}()
	out, err := p.run(c, job.program(p), ids, text)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil || result == nil {
		return err
	}
	return json.Unmarshal(out, result)
}

// run is Run of a job that takes a moment and returns nothing.
func run(job Job, ids userns.Choice) error { return Run(context.Background(), job, ids, nil) }

// order is the job as its helper reads it.
func (j Job) order() ([]byte, error) {
	args, err := json.Marshal(j.Args)
	if err != nil {
		return nil, err
	}
	return json.Marshal(order{Name: j.Name, Args: args, Files: len(j.Files) + len(j.Trees), Confined: j.Root != ""})
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
func (p pipes) run(c *forkexec.Child, program *forkexec.Program, ids userns.Choice, job []byte) (json.RawMessage, error) {
	out, err := p.talk(c, program, ids, job)
	if err != nil {
		c.Hangup()
		_ = c.Signal(unix.SIGKILL, false) // ESRCH: it has ended
	}
	ws, werr := c.Wait()
	if step := c.Failure(); step != nil {
		return nil, fmt.Errorf("start the helper: %w", explained(step))
	}
	if err = errors.Join(err, werr); err != nil {
		return nil, err
	}
	var a answer
	if json.Unmarshal(out, &a) != nil || !ws.Exited() {
		return nil, fmt.Errorf("the helper ended without an answer: wait status %#x%s", uint32(ws), lastWords(out))
	}
	if a.Error != "" {
		return nil, errors.New(a.Error)
	}
	return a.Answer, nil
}

// noLoaderError is an executable that wants a loader, which is a file of the host's, where there are none of these.
type noLoaderError struct {
	program string
	step    error
}

func (e *noLoaderError) Error() string {
	return e.program + " is linked dynamically, and its sandbox has no loader: build it with CGO_ENABLED=0"
}

func (e *noLoaderError) Unwrap() error { return e.step }

// explained says what is wrong when the executable, which is open, is not there: what it names as its interpreter is not.
func explained(step *forkexec.StepError) error {
	if step.Step.Trap != unix.SYS_EXECVEAT || step.Errno != unix.ENOENT {
		return step
	}
	self, err := os.Executable()
	if err != nil {
		return step
	}
	return &noLoaderError{filepath.Base(self), step}
}

// lastWords are the first line of what a confined helper printed instead of an answer: the reason why the Go runtime ended it.
func lastWords(out []byte) string {
	line, _, _ := bytes.Cut(out, []byte("\n"))
	if len(line) == 0 {
		return ""
	}
	return fmt.Sprintf(": %.200q", line)
}

// longest is an answer: that of a job gone mad must not fill the memory.
const longest = 128 << 20

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
	out, err := io.ReadAll(io.LimitReader(p.answerOut, longest+1))
	if err == nil && len(out) > longest {
		err = errors.New("the helper's answer is too long")
	}
	return out, err
}
