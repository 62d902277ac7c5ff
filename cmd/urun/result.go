package main

import (
	"encoding/json"
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/container"
	"github.com/urun-project/urun/internal/ladder"
)

// resultJSON is what --json writes when the container has ended.
type resultJSON struct {
	ID        string        `json:"id"`
	Name      string        `json:"name,omitempty"`
	Image     string        `json:"image,omitempty"`    // by name, of a container that starts from one
	ImageID   string        `json:"image_id,omitempty"` // of that
	Status    int           `json:"exit_status"`        // urun's own: the command's, 128+n for signal n, 125 to 127 when it did not run
	OOMKilled bool          `json:"oom_killed"`         // the command was killed, and the kernel has killed for memory
	OOMKills  uint64        `json:"oom_kills"`          // processes of the container that the kernel killed for memory
	Cgroup    string        `json:"cgroup,omitempty"`   // the directory that the container's cgroup was
	Unit      string        `json:"unit,omitempty"`     // systemd's name for it
	Network   any           `json:"network"`            // what urun inspect shows of it
	Error     string        `json:"error,omitempty"`    // why urun could not run the command
	Rung      string        `json:"rung,omitempty"`     // where the container stood on this machine
	Lost      []ladder.Loss `json:"lost"`               // what it had to do without
	Notices   []string      `json:"notices,omitempty"`  // what was said on stderr
}

// openResult makes the file before the container starts: afterwards it would be too late to learn that it cannot be written.
func openResult(name string) (*os.File, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return nil, errors.New("--json: " + err.Error() + "; name a file that you may write")
	}
	return f, nil
}

func writeResult(f *os.File, o container.Options, name string, r container.Result, notices []string, err error) error {
	out := resultJSON{
		ID: o.ID, Name: name, Status: r.Status, OOMKills: r.OOMKills, OOMKilled: r.OOMKills > 0 && r.Status == container.Signalled(unix.SIGKILL),
		Cgroup: r.Cgroup, Unit: r.Unit, Notices: notices, Network: r.Network, Rung: r.Rung, Lost: []ladder.Loss{},
	}
	if o.Image != nil {
		out.Image, out.ImageID = o.Image.Name, o.Image.Record.ID
	}
	out.Lost = append(out.Lost, r.Lost...)
	if err != nil {
		e := container.Tell(err)
		out.Error, out.Status = e.Says, e.Status
		var nothing *ladder.NothingError
		var lost *ladder.LostError
		if errors.As(err, &nothing) {
			out.Rung, out.Lost = ladder.Nothing, nothing.Attempts
		} else if errors.As(err, &lost) {
			out.Rung, out.Lost = ladder.Nothing, lost.Lost
		}
	}
	b, merr := json.MarshalIndent(out, "", "  ")
	if merr == nil {
		_, merr = f.Write(append(b, '\n'))
	}
	return errors.Join(merr, f.Close())
}
