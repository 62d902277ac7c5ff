package attach

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

// hang is after which time something that waits is taken to wait for ever.
const hang = 30 * time.Second

// The processes that a test kills are this executable again.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "supervise" {
		h, err := Listen(os.Args[2])
		if err == nil {
			fmt.Println("ready")
			h.accept()
		}
		os.Exit(1)
	}
	if len(os.Args) == 3 && os.Args[1] == "watch" {
		c, err := Dial(os.Args[2])
		for err == nil {
			if _, err = c.Receive(); err == nil {
				fmt.Println("ready")
			}
		}
		os.Exit(1)
	}
	os.Exit(testenv.Tidy(m.Run))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// hub serves in a directory of its own until the test's end; then nothing may be left of it.
func hub(t *testing.T, set func(*Hub)) (h *Hub, dir string) {
	t.Helper()
	unleaked(t)
	dir = t.TempDir()
	h, err := Listen(dir)
	must(t, err)
	if set != nil {
		set(h)
	}
	h.Serve()
	t.Cleanup(func() { h.End(0) })
	return h, dir
}

// join is a client that the hub has let in.
func join(t *testing.T, dir string) *Client {
	t.Helper()
	c, err := Dial(dir)
	must(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

// raw is a connection that says only what the test does.
func raw(t *testing.T, dir string) *net.UnixConn {
	t.Helper()
	c, err := connect(dir)
	must(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

func wait[T any](t *testing.T, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(hang):
		t.Error("something hangs")
	}
	return v
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(hang); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, hang)
		}
	}
}

// unleaked compares descriptors and goroutines before the test and after it.
func unleaked(t *testing.T) {
	t.Helper()
	r, w, err := os.Pipe() // has Go's poller started, which keeps its descriptors
	must(t, err)
	r.Close()
	w.Close()
	percent := debug.SetGCPercent(-1) // it would close what nobody closed
	files, goroutines := open(t), runtime.NumGoroutine()
	t.Cleanup(func() {
		defer debug.SetGCPercent(percent)
		eventually(t, fmt.Sprintf("%d descriptors and %d goroutines again", files, goroutines), func() bool {
			return open(t) == files && runtime.NumGoroutine() <= goroutines
		})
	})
}

func open(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(list)
}
