package netstack

import (
	"io"
	"net"
	"sync"

	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
)

// relayBuffer lets the stack fill frames of the largest MTU, twice. A client's connection has more of it, as rootlesskit's port
// driver has: the tenth that it is faster is worth that there, where connections are fewer.
const (
	relayBuffer  = 128 << 10
	clientBuffer = 256 << 10
)

// The buffers are shared by all connections, which hold one only as long as they live.
var (
	buffers       = sync.OnceValue(func() *sync.Pool { return pool(relayBuffer) })
	clientBuffers = sync.OnceValue(func() *sync.Pool { return pool(clientBuffer) })
)

func pool(size int) *sync.Pool {
	return &sync.Pool{New: func() any { b := make([]byte, size); return &b }}
}

// stream is what both kinds of connection have.
type stream interface {
	io.Reader
	io.Writer
	CloseWrite() error
}

// relay copies both ways until both have ended. The end of one way is passed on and leaves the other one open; a connection
// that breaks breaks the other one in the same way, so that nobody takes half a file for a whole one.
func relay(inside *gonet.TCPConn, outside *net.TCPConn, abort func(), buffers *sync.Pool) {
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
			if forward(way[0], way[1], buffers) != nil {
				broken()
			}
		})
	}
	both.Wait()
	inside.Close()
	outside.Close()
}

func forward(to, from stream, buffers *sync.Pool) error {
	b := buffers.Get().(*[]byte)
	defer buffers.Put(b)
	// Without the wrapping the copy would use a buffer of the connections' own choice, a quarter of this one.
	_, err := io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, *b)
	if err != nil {
		return err
	}
	return to.CloseWrite()
}
