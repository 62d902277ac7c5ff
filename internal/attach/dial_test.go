package attach

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestNobodyToAttachTo(t *testing.T) {
	unleaked(t)
	dir := t.TempDir()
	for _, d := range []string{dir, dir + "/missing"} {
		if _, err := Dial(d); !errors.Is(err, ErrNobody) {
			t.Errorf("%s: %v", d, err)
		}
	}
	if _, err := Listen(dir + "/missing"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("listen: %v", err)
	}
}

// Whatever has the name is somebody else's.
func TestListenTakesNothingAway(t *testing.T) {
	h, dir := hub(t, nil)
	if _, err := Listen(dir); !errors.Is(err, unix.EADDRINUSE) || strings.Contains(err.Error(), "/proc/") {
		t.Errorf("got %v", err)
	}
	c := collect(join(t, dir))
	h.End(0)
	whole(t, wait(t, c), nil, 0)
}

// supervisor is one that says these bytes to one client, and leaves or stays.
func supervisor(t *testing.T, says string, stays bool) (dir string) {
	t.Helper()
	dir = t.TempDir()
	at, err := enter(dir)
	must(t, err)
	defer unix.Close(at)
	l, err := net.ListenUnix("unix", address(at))
	must(t, err)
	l.SetUnlinkOnClose(false)
	stop := make(chan bool)
	t.Cleanup(func() { close(stop); l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, says)
		if stays {
			<-stop
		}
	}()
	return dir
}

func TestGreetings(t *testing.T) {
	unleaked(t)
	for _, c := range []struct {
		says  string
		stays bool
		want  string
	}{
		{"v\x01\x00\x00\x00\x02", true, "speaks version 2 of the protocol, and this urun version 1"},
		{"v\x00\x00\x00\x00", true, "malformed"},
		{"o\x01\x00\x00\x00\x01", true, "malformed"},
		{"v\x01\x00\x01\x00", true, "malformed"},
		{"r\x06\x00\x00\x00go off", false, "go off"},
		{"v\x01\x00", false, ErrNobody.Error()},
		{"", false, ErrNobody.Error()},
		{"", true, "the supervisor does not answer"},
	} {
		patience := hang
		if c.stays && c.says == "" {
			patience = 50 * time.Millisecond
		}
		_, err := dial(supervisor(t, c.says, c.stays), patience)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v", c.says, err)
		}
	}
}

func TestReceiveKnowsWhyItEnds(t *testing.T) {
	unleaked(t)
	hello := "v\x01\x00\x00\x00\x01"
	for says, want := range map[string]error{
		"":                                   ErrLost,
		"o\x05\x00\x00\x00abc":               ErrLost,
		"x\x04\x00\x00":                      ErrLost,
		"x\x04\x00\x00\x00\x07\x00\x00\x00":  io.EOF,
		"x\x01\x00\x00\x00\x07":              errMalformed,
		"i\x01\x00\x00\x00\x07":              errMalformed,
		"o\x01\x00\x01\x00":                  errMalformed,
		"o\x00\x00\x00\x00e\x00\x00\x00\x00": ErrLost,
	} {
		c, err := dial(supervisor(t, hello+says, false), hang)
		must(t, err)
		if got := wait(t, collect(c)); !errors.Is(got.end, want) {
			t.Errorf("%q: got %v", says, got.end)
		}
		c.Close()
	}
}

func TestCloseEndsReceive(t *testing.T) {
	_, dir := hub(t, nil)
	c := join(t, dir)
	got := collect(c)
	c.Close()
	if err := wait(t, got).end; !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
