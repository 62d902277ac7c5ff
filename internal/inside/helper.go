package inside

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/removal"
)

// Name is argv[0] of the executable when it is to call [Main].
const Name = "urun-inside"

// controlFD is where the helper has the control socket, and firstFD where it has its files.
const (
	controlFD = 3
	firstFD   = 4
)

// Called tells whether the program was started by [Run]: by this name, with a control socket.
func Called(args []string) bool {
	if len(args) != 1 || args[0] != Name {
		return false
	}
	kind, err := unix.GetsockoptInt(controlFD, unix.SOL_SOCKET, unix.SO_TYPE)
	return err == nil && kind == unix.SOCK_SEQPACKET
}

// Main reads a job from standard input, does it and writes the answer to standard
// output. Its result is the exit status. It knows the jobs of the table and how to remove.
func Main(jobs map[string]Func) int {
	var a answer
	if err := work(os.Stdin, jobs, &a.Answer); err != nil {
		a = answer{Error: err.Error()}
	}
	if json.NewEncoder(os.Stdout).Encode(a) != nil {
		return 1
	}
	return 0
}

func work(r io.Reader, jobs map[string]Func, to *json.RawMessage) error {
	var o order
	if err := json.NewDecoder(r).Decode(&o); err != nil {
		return err
	}
	do, known := jobs[o.Name]
	if o.Name == removeJob {
		do, known = removeFrom, true
	}
	if !known {
		return fmt.Errorf("a job that this version of urun does not know: %s", strconv.Quote(o.Name))
	}
	files := make([]*os.File, o.Files)
	for i := range files {
		unix.CloseOnExec(firstFD + i)
		files[i] = os.NewFile(uintptr(firstFD+i), "file "+strconv.Itoa(i))
	}
	if o.Confined {
		if err := confine(); err != nil {
			return fmt.Errorf("confine the helper: %w", err)
		}
	}
	result, err := do(o.Args, files)
	if err != nil {
		return err
	}
	*to, err = json.Marshal(result)
	return err
}

func removeFrom(args json.RawMessage, _ []*os.File) (any, error) {
	var path []byte
	if err := json.Unmarshal(args, &path); err != nil {
		return nil, err
	}
	return nil, removal.Path(string(path))
}
