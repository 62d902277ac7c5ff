package inside

import (
	"encoding/json"
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Name is argv[0] of urun when it is to call [Main].
const Name = "urun-inside"

// controlFD is where the helper has the control socket.
const controlFD = 3

// Called tells whether urun was started by [Run]: by this name, with a control socket.
func Called(args []string) bool {
	if len(args) != 1 || args[0] != Name {
		return false
	}
	kind, err := unix.GetsockoptInt(controlFD, unix.SOL_SOCKET, unix.SO_TYPE)
	return err == nil && kind == unix.SOCK_SEQPACKET
}

// Main reads a job from standard input, does it and writes the answer to standard
// output. Its result is the exit status.
func Main() int {
	var a answer
	if err := work(os.Stdin); err != nil {
		a.Error = err.Error()
	}
	if json.NewEncoder(os.Stdout).Encode(a) != nil {
		return 1
	}
	return 0
}

func work(r io.Reader) error {
	var job Job
	if err := json.NewDecoder(r).Decode(&job); err != nil {
		return err
	}
	if len(job.Remove) > 0 {
		return remove(string(job.Remove))
	}
	return errors.New("a job that this version of urun does not know")
}
