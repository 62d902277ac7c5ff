package network

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// fake is a setup whose program is a script. Of slirp4netns descriptor 3 tells that it is ready and 4 that it is to end;
// pasta has the file $pid for the first; urun-netstack is asked on its standard input, and answers there.
func fake(t *testing.T, m Mode, w Wish, script string) Setup {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	text := "#!/bin/sh\nfor a; do case $a in --pid=*) pid=${a#--pid=};; esac; done\n" + script + "\n"
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	w.Mode = m
	return NewSetup(m, w, HostFacts{Slirp: path, Pasta: path, Stack: path})
}

// connect runs it for the test's own process, which no script looks at.
func connect(t *testing.T, s Setup) (*Connection, error) {
	t.Helper()
	return s.Connect(os.Getpid(), t.TempDir(), nil, -1)
}

// unchanged fails the test unless there are as many descriptors, children and goroutines in the end as there are now.
// Helpers without ports end a moment after they are told to.
func unchanged(t *testing.T) {
	t.Helper()
	fds, goroutines := descriptors(t), runtime.NumGoroutine()
	t.Cleanup(func() {
		var what string
		for range 500 {
			switch {
			case len(children()) > 0:
				what = "a child is left"
			case descriptors(t) != fds:
				what = "descriptors are left"
			case runtime.NumGoroutine() > goroutines:
				what = "goroutines are left"
			default:
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("%s: %v, %d descriptors of %d, %d goroutines of %d", what, children(), descriptors(t), fds, runtime.NumGoroutine(), goroutines)
	})
}

const (
	slirpReady = "printf 1 >&3; exec 3>&-\n"
	pastaReady = "echo $$ >$pid\n"
	stackAsked = "dd bs=65536 count=1 of=/dev/null 2>/dev/null\n"
	stackReady = stackAsked + "printf '{}' >&0\n"
)

func TestAHelperThatBecomesReadyIsAConnection(t *testing.T) {
	ports := somePorts()[:1]
	for name, s := range map[string]Setup{
		"slirp4netns": fake(t, Slirp4netns, Wish{}, slirpReady+"exec sleep 600"),
		"slirp4netns that ends with its descriptor": fake(t, Slirp4netns, Wish{}, slirpReady+"read x <&4"),
		"pasta":                  fake(t, Pasta, Wish{Ports: ports}, pastaReady+"exec sleep 600"),
		"slow pasta":             fake(t, Pasta, Wish{}, "sleep 0.2; "+pastaReady+"exec sleep 600"),
		"gvisor, ports":          fake(t, Gvisor, Wish{Ports: ports}, stackReady+"exec sleep 600"),
		"gvisor, not waited for": fake(t, Gvisor, Wish{}, "exec sleep 600"),
	} {
		t.Run(name, func(t *testing.T) {
			unchanged(t)
			c, err := connect(t, s)
			if err != nil {
				t.Fatal(err)
			}
			died := make(chan string, 1)
			c.Watch(func(how string) { died <- how })
			if c.Driver != string(s.Mode) || c.IP != s.Addresses.IP || len(c.Ports) != len(s.Wish.Ports) {
				t.Errorf("got %+v", c)
			}
			c.Close()
			<-c.ends[0].exited
			// What was ended on purpose did not die. Watch looks when the process has ended.
			for range 20 {
				runtime.Gosched()
			}
			select {
			case how := <-died:
				t.Errorf("closed, and reported as %q", how)
			default:
			}
		})
	}
}

func TestHelpersThatDoNotBecomeReady(t *testing.T) {
	ports := somePorts()[:1]
	for name, tt := range map[string]struct {
		mode   Mode
		wish   Wish
		script string
		want   string
	}{
		"slirp4netns, with a message":                {Slirp4netns, Wish{}, "echo no such thing >&2; exit 3", "slirp4netns: ended with status 3: no such thing"},
		"slirp4netns, on its output":                 {Slirp4netns, Wish{}, "echo no such thing; exit 3", "slirp4netns: ended with status 3: no such thing"},
		"slirp4netns, in silence":                    {Slirp4netns, Wish{}, "exit 0", "slirp4netns: ended with status 0"},
		"slirp4netns, too old":                       {Slirp4netns, Wish{}, "echo \"$0: unrecognized option '--enable-sandbox'\" >&2; echo usage >&2; exit 1", "slirp4netns is too old; it takes 0.4.0"},
		"slirp4netns, killed":                        {Slirp4netns, Wish{}, "echo words; kill -KILL $$", "slirp4netns: was killed by signal SIGKILL: words"},
		"slirp4netns, by itself":                     {Slirp4netns, Wish{}, "kill -TERM $$", "slirp4netns: was killed by signal SIGTERM"},
		"slirp4netns, control characters":            {Slirp4netns, Wish{}, `printf 'x\n\033[31ma\001b\377c\177\r\n\n' >&2; exit 1`, "slirp4netns: ended with status 1: [31mab?c"},
		"slirp4netns, after warnings":                {Slirp4netns, Wish{}, "echo broken >&2; echo WARNING: slow >&2; exit 1", "slirp4netns: ended with status 1: broken"},
		"slirp4netns, nothing but warnings":          {Slirp4netns, Wish{}, "echo WARNING: slow >&2; exit 1", "slirp4netns: ended with status 1"},
		"slirp4netns, much":                          {Slirp4netns, Wish{}, "head -c 100000 /dev/zero | tr '\\0' x >&2; echo >&2; echo the end >&2; exit 1", "slirp4netns: ended with status 1: the end"},
		"slirp4netns, a grandchild holds its output": {Slirp4netns, Wish{}, "sleep 1 3>&- & echo words; exit 1", "slirp4netns: ended with status 1: words"},
		"pasta, with a message":                      {Pasta, Wish{}, "echo Failed to open tun >&2; exit 1", "pasta: ended with status 1: Failed to open tun"},
		"pasta, an empty file":                       {Pasta, Wish{}, ": >$pid; exit 2", "pasta: ended with status 2"},
		"pasta, killed":                              {Pasta, Wish{}, "kill -SEGV $$", "pasta: was killed by signal SIGSEGV"},
		"gvisor, with an answer":                     {Gvisor, Wish{Ports: ports}, stackAsked + `printf '{"error":"no more ports"}' >&0; exit 1`, "urun-netstack: no more ports"},
		"gvisor, before it is asked":                 {Gvisor, Wish{Ports: ports}, "exec 0>&-; echo words >&2; exit 1", "urun-netstack: "},
		"gvisor, without an answer":                  {Gvisor, Wish{Ports: ports}, stackAsked + "echo words >&2; exit 4", "urun-netstack: ended with status 4: words"},
		"gvisor, with a wrong one":                   {Gvisor, Wish{Ports: ports}, stackAsked + "printf nonsense >&0; exec sleep 600", "urun-netstack: read its answer \"nonsense\": invalid "},
		"slirp4netns, closing what it was to write":  {Slirp4netns, Wish{}, "exec 3>&-; exec sleep 600", "slirp4netns: was killed by signal SIGKILL"},
		"gvisor, closing what it was to answer on":   {Gvisor, Wish{Ports: ports}, stackAsked + "exec <&-; exec sleep 600", "urun-netstack: was killed by signal SIGKILL"},
	} {
		t.Run(name, func(t *testing.T) {
			s := fake(t, tt.mode, tt.wish, tt.script)
			unchanged(t)
			start := time.Now()
			c, err := connect(t, s)
			if err == nil || c != nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Fatalf("got %v, %v, want %s", c, err, tt.want)
			}
			if exact := !strings.HasSuffix(tt.want, " "); exact && err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// A start that is given up waits for no helper: neither for one that has been started, nor for one that is started then.
func TestAnAbortedStartWaitsForNobody(t *testing.T) {
	for _, m := range []Mode{Slirp4netns, Pasta, Gvisor} {
		for _, early := range []bool{true, false} {
			s := fake(t, m, Wish{Ports: somePorts()[:1]}, "exec sleep 600")
			s.Abort = new(Abort)
			if early {
				s.Abort.Now()
			} else {
				time.AfterFunc(50*time.Millisecond, s.Abort.Now)
			}
			start := time.Now()
			c, err := connect(t, s)
			if err == nil || c != nil || !strings.Contains(err.Error(), "SIGKILL") {
				t.Errorf("%s, early %v: got %v, %v", m, early, c, err)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("%s, early %v: took %v", m, early, took)
			}
		}
	}
}

// What is told to the user hangs on the kind of error.
func TestTheKindsOfErrorsOfHelpers(t *testing.T) {
	unchanged(t)
	_, err := connect(t, fake(t, Slirp4netns, Wish{}, "echo unrecognized option >&2; exit 1"))
	var old *OldError
	if !errors.As(err, &old) || *old != (OldError{Program: "slirp4netns", Wants: "0.4.0"}) {
		t.Errorf("too old: %#v", err)
	}
	// Words about an option of one that was ready, or is killed, are not about its age.
	_, err = connect(t, fake(t, Pasta, Wish{}, "echo unrecognized option >&2; exit 1"))
	var failed *HelperError
	if !errors.As(err, &failed) || failed.Program != "pasta" || failed.Says != "unrecognized option" {
		t.Errorf("failed: %#v", err)
	}
	for _, m := range []Mode{Slirp4netns, Pasta, Gvisor} {
		s := NewSetup(m, Wish{Mode: m}, HostFacts{Slirp: "/nowhere/x", Pasta: "/nowhere/x", Stack: "/nowhere/x"})
		if _, err := connect(t, s); !errors.As(err, &failed) || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is gone: %v", m, err)
		}
	}
}

// The device's descriptor is let go of, whatever became of the driver.
func TestTheTapIsClosed(t *testing.T) {
	unchanged(t)
	for name, s := range map[string]Setup{
		"taken":  fake(t, Gvisor, Wish{}, "exec sleep 600"),
		"failed": fake(t, Gvisor, Wish{Ports: somePorts()}, "exit 1"),
		"absent": NewSetup(Gvisor, Wish{}, HostFacts{Stack: "/nowhere/x"}),
	} {
		tap, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.Connect(os.Getpid(), t.TempDir(), nil, tap)
		if fails := name != "taken"; (err != nil) != fails {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := unix.FcntlInt(uintptr(tap), unix.F_GETFD, 0); err != unix.EBADF {
			t.Errorf("%s: the descriptor is open: %v", name, err)
			unix.Close(tap)
		}
		if c != nil {
			c.Close()
		}
	}
}

// Keeps away: a helper's last words got lost with it.
func TestAHelperThatDiesIsReported(t *testing.T) {
	ports := somePorts()[:1]
	for name, tt := range map[string]struct {
		mode   Mode
		wish   Wish
		script string
		want   string
	}{
		"slirp4netns":               {Slirp4netns, Wish{}, slirpReady + "read x <$0.go; echo gone wrong >&2; exit 4", "slirp4netns ended with status 4: gone wrong"},
		"slirp4netns, in silence":   {Slirp4netns, Wish{}, slirpReady + "read x <$0.go; exit 0", "slirp4netns ended with status 0"},
		"pasta, by a signal":        {Pasta, Wish{}, pastaReady + "read x <$0.go; kill -KILL $$", "pasta was killed by signal SIGKILL"},
		"gvisor":                    {Gvisor, Wish{Ports: ports}, stackReady + "read x <$0.go; echo panic >&2; exit 2", "urun-netstack ended with status 2: panic"},
		"gvisor, that answers late": {Gvisor, Wish{}, stackAsked + `read x <$0.go; printf '{"error":"no memory"}' >&0; exit 1`, "urun-netstack ended with status 1: urun-netstack: no memory"},
	} {
		t.Run(name, func(t *testing.T) {
			s := fake(t, tt.mode, tt.wish, tt.script)
			fifo := s.Host.Slirp + ".go"
			if err := unix.Mkfifo(fifo, 0o600); err != nil {
				t.Fatal(err)
			}
			unchanged(t)
			c, err := connect(t, s)
			if err != nil {
				t.Fatal(err)
			}
			died := make(chan string, 1)
			c.Watch(func(how string) { died <- how })
			if err := os.WriteFile(fifo, []byte("\n"), 0); err != nil { // returns when the script reads
				t.Fatal(err)
			}
			select {
			case how := <-died:
				if how != tt.want {
					t.Errorf("got %q, want %q", how, tt.want)
				}
			case <-time.After(20 * time.Second):
				t.Error("nothing is reported")
			}
			c.Close()
		})
	}
}

func TestTheStackIsToldWhatToDo(t *testing.T) {
	unchanged(t)
	out := filepath.Join(t.TempDir(), "asked")
	w := Wish{Ports: somePorts(), MTU: 1500, HostLoopback: true}
	c, err := connect(t, fake(t, Gvisor, w, "dd bs=65536 count=1 of="+out+" 2>/dev/null; printf '{}' >&0; exec sleep 600"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var got StackConfig
	b, err := os.ReadFile(out)
	if err == nil {
		err = json.Unmarshal(b, &got)
	}
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case got.Driver != StackTap || got.MTU != 1500 || !got.HostLoopback || got.Subnet != DefaultSubnet() || got.PID != os.Getpid() || got.PortHandler != "":
		t.Errorf("got %s", b)
	case show(got.Ports) != show(w.Ports):
		t.Errorf("got %s, want %s", show(got.Ports), show(w.Ports))
	}
}

// slirp is the other side of slirp4netns's socket: it gives each request and writes the answer.
func slirp(t *testing.T, socket, answer string) (asked chan string) {
	t.Helper()
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	asked = make(chan string, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			var request json.RawMessage
			if err := json.NewDecoder(conn).Decode(&request); err == nil {
				asked <- string(request)
			}
			_, _ = conn.Write([]byte(answer)) // who hangs up is the test's
			conn.Close()
		}
	}()
	return asked
}

func TestPortsAreAskedOfSlirp4netns(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	asked := slirp(t, socket, `{"return":{"id":1}}`)
	for _, tt := range []struct {
		port Port
		want string
	}{
		{somePorts()[0], `{"execute":"add_hostfwd","arguments":{"proto":"tcp","host_addr":"0.0.0.0","host_port":8080,"guest_port":80}}`},
		{somePorts()[1], `{"execute":"add_hostfwd","arguments":{"proto":"udp","host_addr":"127.0.0.1","host_port":5353,"guest_port":53}}`},
	} {
		if err := forward(socket, tt.port); err != nil {
			t.Errorf("%v: %v", tt.port, err)
		}
		if got := <-asked; got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

func TestWhatSlirp4netnsAnswers(t *testing.T) {
	port := somePorts()[0]
	for name, tt := range map[string]struct {
		answer, want string
		errno        error // of a PortError
	}{
		"taken":     {`{"error":{"desc":"bad request: add_hostfwd: slirp_add_hostfwd failed"}}`, "listen at tcp 0.0.0.0:8080: address already in use", unix.EADDRINUSE},
		"refused":   {`{"error":{"desc":"bad request: add_hostfwd: no such thing"}}`, "listen at tcp 0.0.0.0:8080: bad request: add_hostfwd: no such thing", nil},
		"nothing":   {"", `read slirp4netns's answer "": `, nil},
		"nonsense":  {"hello\x1b", `read slirp4netns's answer "hello\x1b": `, nil},
		"half":      {`{"return":`, `read slirp4netns's answer "{\"return\":": `, nil},
		"too much":  {`{"return":` + strings.Repeat(" ", 100<<10) + `{}}`, "read slirp4netns's answer", nil},
		"something": {`{}`, "", nil},
	} {
		socket := filepath.Join(t.TempDir(), "s")
		slirp(t, socket, tt.answer)
		err := forward(socket, port)
		var e *PortError
		switch {
		case tt.want == "" && err != nil, tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)):
			t.Errorf("%s: got %v, want %s", name, err, tt.want)
		case tt.errno != nil && (!errors.As(err, &e) || e.Port != port || !errors.Is(err, tt.errno)):
			t.Errorf("%s: %#v", name, err)
		}
	}
	if err := forward(filepath.Join(t.TempDir(), "s"), port); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "connect to slirp4netns: ") {
		t.Errorf("nobody listens: %v", err)
	}
}

// A port that slirp4netns does not give ends the helper.
func TestAPortThatIsRefusedEndsTheNetwork(t *testing.T) {
	s := fake(t, Slirp4netns, Wish{Ports: somePorts()[:1]}, slirpReady+"exec sleep 600")
	dir := t.TempDir()
	slirp(t, filepath.Join(dir, "s"), `{"error":{"desc":"slirp_add_hostfwd failed"}}`)
	c, err := s.Connect(os.Getpid(), dir, nil, -1)
	var e *PortError
	if c != nil || !errors.As(err, &e) {
		t.Errorf("got %v, %v", c, err)
	}
	if left := children(); len(left) > 0 {
		t.Errorf("children are left: %v", left)
	}
}
