package netstack

import (
	"io"
	"net"
	"sync"

	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
)

// relayBuffer lets the stack fill frames of the largest MTU, twice.
const relayBuffer = 128 << 10

// buffers are shared by all connections, which hold one only as long as they live.
var buffers = sync.OnceValue(func() *sync.Pool {
	return &sync.Pool{New: func() any { b := make([]byte, relayBuffer); return &b }}
})

// stream is what both kinds of connection have.
type stream interface {
	io.Reader
	io.Writer
	CloseWrite() error
}

// relay copies both ways until both have ended. The end of one way is passed on and leaves the other one open; a connection
// that breaks breaks the other one in the same way, so that nobody takes half a file for a whole one.
func relay(inside *gonet.TCPConn, outside *net.TCPConn, abort func()) {
	var once sync.Once
	broken := func() {
		once.Do(func() {
			_ = outside.SetLinger(0)
			outside.Close()
			abort()
		})
	}
	var both sync.WaitGroup
	for _, way := range [2][2]stream{{outside, inside}, {inside, outside}} {
		both.Go(func() {
			if forward(way[0], way[1]) != nil {
				broken()
			}
		})
	}
	both.Wait()
	inside.Close()
	outside.Close()
}

func forward(to, from stream) error {
	b := buffers().Get().(*[]byte)
	defer buffers().Put(b)
	// Without the wrapping the copy would use a buffer of the connections' own choice, a quarter of this one.
	_, err := io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, *b)
	if err != nil {
		return err
	}
	return to.CloseWrite()
}
