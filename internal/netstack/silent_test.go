package netstack

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"
)

// silent is the address of a listener that answers nobody any more: its queue is full.
func silent(t *testing.T) string {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{192, 0, 2, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	at := (&net.TCPAddr{IP: net.ParseIP(outside), Port: name.(*unix.SockaddrInet4).Port}).String()
	must(t)(net.Dial("tcp", at))
	return at
}

// Regression: gvisor-tap-vsock connects to ten hosts at a time, and an eleventh has to wait until one of them has answered or two
// minutes are over.
func TestSilentHostsHoldUpNobody(t *testing.T) {
	g, _ := online(t, nil)
	nobody := silent(t)
	tried := make(chan error, 30)
	for range cap(tried) {
		go func() {
			tried <- g.in(func() error {
				c, err := net.DialTimeout("tcp", nobody, time.Second)
				if err == nil {
					c.Close()
				}
				return err
			})
		}()
	}
	for range cap(tried) { // by now the host is still trying
		if err, ok := (<-tried).(net.Error); !ok || !err.Timeout() {
			t.Fatalf("connect to a host that is silent: %v", err)
		}
	}
	l := listen(t, outside+":0")
	serve(l, func(c net.Conn) { io.WriteString(c, "here") })
	began := time.Now()
	got, err := io.ReadAll(must(t)(g.dial("tcp", l.Addr().String())))
	if err != nil || string(got) != "here" || time.Since(began) > 3*time.Second {
		t.Errorf("%q after %v, %v", got, time.Since(began), err)
	}
}

// Who asks inside has one name server, and waits for it five seconds.
func TestADeadNameServerIsPassedOver(t *testing.T) {
	hostFile(t, "/etc/resolv.conf", "nameserver "+otherOutside+"\nnameserver "+outside+"\n")
	dead, err := net.ListenPacket("udp", otherOutside+":53") // and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer dead.Close()
	nameServer(t, outside, "second")
	g, _ := online(t, nil)
	for _, limit := range []time.Duration{4 * time.Second, time.Second} {
		began := time.Now()
		m, err := g.ask("udp", "any.example.", dns.TypeTXT)
		if err != nil || !strings.Contains(m.String(), "second") || time.Since(began) > limit {
			t.Errorf("after %v, where %v were to be enough: %v, %v", time.Since(began), limit, m, err)
		}
	}
}
