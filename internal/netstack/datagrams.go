package netstack

import (
	"bytes"
	"syscall"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/waiter"
)

// outward ends with the endpoint inside. The buffer is held only while there is a datagram: most flows are silent most of
// the time, and one buffer each would be all the memory that this process has.
func (f *flow) outward() {
	entry, ready := waiter.NewChannelEntry(waiter.ReadableEvents | waiter.EventHUp | waiter.EventErr)
	f.queue.EventRegister(&entry)
	defer f.queue.EventUnregister(&entry)
	for {
		b := buffers().Get().(*[]byte)
		datagram := bytes.NewBuffer((*b)[:0])
		_, err := f.inside.Read(datagram, tcpip.ReadOptions{})
		if err == nil {
			f.heard()
			// What cannot be sent is lost, as on any network; a refusal is seen by inward.
			_, _ = f.outside.Write(datagram.Bytes())
		}
		buffers().Put(b)
		switch err.(type) {
		case nil:
		case *tcpip.ErrWouldBlock:
			<-ready
		default: // the socket inside is gone, or this end of it
			f.close()
			return
		}
	}
}

// inward ends with the socket outside.
func (f *flow) inward() {
	raw, err := f.outside.SyscallConn()
	if err != nil {
		return
	}
	for {
		var failed error
		err := raw.Read(func(fd uintptr) bool {
			failed = f.receive(int(fd))
			return !isErrno(failed, syscall.EAGAIN)
		})
		switch {
		case err != nil:
			return
		case isErrno(failed, syscall.ECONNREFUSED):
			f.net.refuse(f.id)
		case failed != nil && !isErrno(failed, syscall.EINTR):
			return
		}
	}
}

func (f *flow) receive(fd int) error {
	b := buffers().Get().(*[]byte)
	defer buffers().Put(b)
	n, _, err := unix.Recvfrom(fd, *b, unix.MSG_DONTWAIT)
	if err != nil {
		return err
	}
	f.heard()
	_, _ = f.inside.Write(bytes.NewReader((*b)[:n]), tcpip.WriteOptions{})
	return nil
}
