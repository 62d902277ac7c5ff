package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/image"
)

// The exit statuses.
const (
	statusAnswered = 0
	statusAlone    = 1 // nobody reads the answer
)

// Called tells whether the descriptor of the request is the socket that urun gives to this process.
func Called() bool {
	domain, err := unix.GetsockoptInt(image.RequestFD, unix.SOL_SOCKET, unix.SO_DOMAIN)
	return err == nil && domain == unix.AF_UNIX
}

// Main does what the request asks for and answers. It returns the exit status.
func Main() int {
	log.SetOutput(io.Discard) // of libraries; stderr is the user's terminal
	// Ctrl-C reaches the whole foreground group; urun ends by it, and this by the end of the socket.
	signal.Ignore(unix.SIGINT, unix.SIGQUIT, unix.SIGHUP, unix.SIGTSTP, unix.SIGPIPE)
	unix.CloseOnExec(image.RequestFD)
	socket := os.NewFile(image.RequestFD, "socket")
	defer socket.Close()
	return serve(socket, os.Stdin, os.Stdout, os.Stderr)
}

// serve does one request.
func serve(socket io.ReadWriter, stdin, stdout, stderr *os.File) int {
	var r image.Request
	d := json.NewDecoder(socket)
	if err := d.Decode(&r); err != nil {
		return answer(socket, nil, fmt.Errorf("read the request: %w", err))
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	go func() {
		// Nothing more is sent, so this returns when urun has ended.
		_, _ = io.Copy(io.Discard, socket)
		cancel(errAlone)
	}()
	t := newTask(r, stdin, stdout, stderr)
	done, err := t.do(ctx)
	t.show.end()
	return answer(socket, done, err)
}

var errAlone = errors.New("urun has ended")

func answer(socket io.Writer, done []image.Done, err error) int {
	if json.NewEncoder(socket).Encode(answerOf(done, err)) != nil {
		return statusAlone
	}
	return statusAnswered
}

func answerOf(done []image.Done, err error) image.Answer {
	a := image.Answer{Images: done}
	if err != nil {
		a.Error = printable(err.Error())
	}
	return a
}
