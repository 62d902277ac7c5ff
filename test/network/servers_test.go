package network

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// web is an HTTP server in the world: the path says how many bytes it gives.
type web struct{ v4, v6 string } // its addresses, HOST:PORT

func newWeb(t testing.TB) web {
	t.Helper()
	var w web
	for addr, at := range map[string]*string{"192.0.2.1:0": &w.v4, "[2001:db8::1]:0": &w.v6} {
		l := beyond(t, func() (net.Listener, error) { return net.Listen("tcp", addr) })
		*at = l.Addr().String()
		s := http.Server{Handler: http.HandlerFunc(page)}
		go s.Serve(l)
		t.Cleanup(func() { s.Close() })
	}
	return w
}

func page(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.ParseInt(strings.TrimPrefix(r.URL.Path, "/"), 10, 0)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	body := func() io.Reader { return io.LimitReader(rand.NewChaCha8([32]byte{1}), n) }
	h := sha256.New()
	if _, err := io.Copy(h, body()); err != nil {
		panic(err) // of memory
	}
	w.Header().Set("Digest", fmt.Sprintf("%d %x", n, h.Sum(nil)[:8]))
	w.Header().Set("Content-Length", fmt.Sprint(n))
	_, _ = io.Copy(w, body()) // who hangs up has seen enough
}

// beyond calls a function in the world's network namespace. A socket stays in the one it was made in.
func beyond[T any](t testing.TB, call func() (T, error)) (value T) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and not unlocked: the thread ends with the goroutine
		fd, err := unix.Open("/run/netns/world", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == nil {
			defer unix.Close(fd)
			err = unix.Setns(fd, unix.CLONE_NEWNET)
		}
		if err == nil {
			value, err = call()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return value
}
