package netstack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// maxMessage has room for 65,535 published ports.
const maxMessage = 8 << 20

// receive takes one message off the socket, and the descriptor that came with it. io.EOF is the end of the socket.
func receive(socket int) (data []byte, f *os.File, err error) {
	size, err := peek(socket)
	if err != nil {
		return nil, nil, err
	}
	if size > maxMessage {
		return nil, nil, fmt.Errorf("read the configuration: it has %d bytes", size)
	}
	data = make([]byte, size)
	oob := make([]byte, unix.CmsgSpace(4))
	n, oobn, flags, _, err := unix.Recvmsg(socket, data, oob, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return nil, nil, os.NewSyscallError("recvmsg", err)
	}
	fds, err := rights(oob[:oobn])
	if err == nil && (flags&unix.MSG_CTRUNC != 0 || len(fds) > 1) {
		err = errors.New("read the configuration: it came with more than one descriptor")
	}
	if err != nil {
		for _, fd := range fds {
			unix.Close(fd)
		}
		return nil, nil, err
	}
	if len(fds) == 1 {
		f = os.NewFile(uintptr(fds[0]), "tap")
	}
	return data[:n], f, nil
}

// peek waits for a message and returns its size.
func peek(socket int) (int, error) {
	for {
		n, _, err := unix.Recvfrom(socket, nil, unix.MSG_PEEK|unix.MSG_TRUNC)
		switch {
		case isErrno(err, unix.EINTR):
		case isErrno(err, unix.ECONNRESET), err == nil && n == 0: // reset: it ended with a message of ours unread
			return 0, io.EOF
		case err != nil:
			return 0, os.NewSyscallError("recvmsg", err)
		default:
			return n, nil
		}
	}
}

func rights(oob []byte) (fds []int, err error) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, os.NewSyscallError("recvmsg", err)
	}
	for _, m := range messages {
		some, err := unix.ParseUnixRights(&m)
		if err != nil {
			return fds, os.NewSyscallError("recvmsg", err)
		}
		fds = append(fds, some...)
	}
	return fds, nil
}

func send(socket int, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.NewSyscallError("sendmsg", unix.Sendmsg(socket, data, nil, nil, unix.MSG_NOSIGNAL))
}
