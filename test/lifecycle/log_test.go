package lifecycle

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

// numbered fails the test unless the text is the lines with successive numbers, and gives the first and the last.
func numbered(t testing.TB, text string) (first, last int) {
	t.Helper()
	if text != "" && !strings.HasSuffix(text, "\n") {
		t.Errorf("the last line is torn: %q", text[max(0, len(text)-100):])
	}
	for line := range strings.Lines(text) {
		n, err := strconv.Atoi(strings.TrimSuffix(line, " of all the lines that there are\n"))
		switch {
		case err != nil:
			t.Fatalf("the line %q after %d is torn", line, last)
		case last == 0:
			first = n
		case n != last+1:
			t.Fatalf("%d comes after %d", n, last)
		}
		last = n
	}
	return first, last
}

const count = `i=0; while [ $i -lt $0 ]; do i=$((i+1)); echo $i of all the lines that there are; done`

func TestARotatedLog(t *testing.T) {
	h := home(t)
	h.Detach([]string{"--name", "a", "--log-opt", "max-size=8k", "--log-opt", "max-file=3"}, "sh", "-c", "until test -e /go; do sleep 0.01; done; "+count, "5000")
	follow := start(h, h.Command("logs", "-f", "a"))
	dir := filepath.Dir(h.Inspect("a").LogPath)
	if err := os.WriteFile(h.Rootfs+"/go", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	most, size := 0, int64(0)
	for running := true; running; { // and once more afterwards
		running = h.Inspect("a").State.Status == "running"
		files, err := filepath.Glob(dir + "/ctr.log*")
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, len(files))
		for _, f := range files {
			if st, err := os.Stat(f); err == nil { // it may just be rotated
				size = max(size, st.Size())
			}
		}
		numbered(t, h.Run("logs", "a").Stdout)
		numbered(t, h.Run("logs", "--tail", "50", "a").Stdout)
	}
	if most != 3 || size > 8<<10 {
		t.Errorf("there were %d files, the largest had %d bytes", most, size)
	}
	if first, last := numbered(t, h.Run("logs", "a").Stdout); last != 5000 || first < 4500 || first > 4900 {
		t.Errorf("the log has %d to %d", first, last)
	}
	if first, last := numbered(t, h.Run("logs", "--tail", "7", "a").Stdout); first != 4994 || last != 5000 {
		t.Errorf("the last 7 are %d to %d", first, last)
	}
	// One that follows may be too slow for the files that go, and has no line twice or out of turn.
	if status := follow.ends(h); status != 0 {
		t.Errorf("logs -f: exit status %d, %s", status, follow.err.String())
	}
	last := 0
	for line := range strings.Lines(follow.out.String()) {
		n, err := strconv.Atoi(strings.TrimSuffix(line, " of all the lines that there are\n"))
		if err != nil || n <= last {
			t.Fatalf("logs -f: %q comes after %d", line, last)
		}
		last = n
	}
	if last != 5000 {
		t.Errorf("logs -f ended with %d", last)
	}
	h.Run("rm", "a").OK(t)
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is left: %v", dir, err)
	}
}

func TestAFollowerSeesAll(t *testing.T) {
	h := home(t)
	h.Detach([]string{"--name", "a"}, "sh", "-c", "until test -e /go; do sleep 0.01; done; "+count, "20000")
	var all []*started
	for range 3 {
		all = append(all, start(h, h.Command("logs", "-f", "a")))
	}
	if err := os.WriteFile(h.Rootfs+"/go", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if status := s.ends(h); status != 0 {
			t.Errorf("exit status %d, %s", status, s.err.String())
		}
		if first, last := numbered(t, s.out.String()); first != 1 || last != 20000 {
			t.Errorf("%d to %d of 20000 were shown", first, last)
		}
	}
	h.Run("rm", "a").OK(t)
}

func TestOutputThatIsNoText(t *testing.T) {
	h := home(t)
	bytesOf := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rand.IntN(256))
		}
		return b
	}
	for i, data := range [][]byte{
		nil, {0}, []byte("\n"), []byte("a\x00b\r\n\xff\x1b[2J\n\n\nno newline at the end"), bytesOf(100_000), bytes.Repeat([]byte{0}, 70_000),
		append(bytes.Repeat([]byte("x"), 50_000), '\n'), bytes.Repeat([]byte("\n"), 5000), []byte("2026-01-01T00:00:00.000000000Z stdout F no line of the log\n"),
	} {
		name := fmt.Sprint("data", i)
		if err := os.WriteFile(filepath.Join(h.Rootfs, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
		h.Detach([]string{"--name", name}, "cat", "/"+name)
		h.Run("wait", name).OK(t)
		if r := h.Run("logs", name); r.Stdout != string(data) {
			t.Errorf("%d: %d bytes were written, and %d are not the same: %.100q", i, len(data), len(r.Stdout), r.Stdout)
		}
		h.Detach([]string{"--name", "other" + name}, "sh", "-c", "cat /"+name+" >&2")
		h.Run("wait", "other"+name).OK(t)
		if r := h.Run("logs", "other"+name); r.Stdout != "" || r.Stderr != string(data) {
			t.Errorf("%d: %d bytes were written to stderr, and %d are not the same: %.100q", i, len(data), len(r.Stderr), r.Stderr)
		}
	}
	h.Run("rm", "-a").OK(t)
}

// Without room for the log the container goes on, and the log tells of what it has not.
func TestADiskThatIsFull(t *testing.T) {
	h := home(t)
	script := `set -e; urun=$1 state=$2 rootfs=$3; export XDG_STATE_HOME=$state
		mount -t tmpfs -o size=64k none $state
		$urun -d --userns=single --net=none --name a -- $rootfs sh -c 'i=0; while [ $i -lt 4000 ]; do i=$((i+1)); echo $i of a line that is long enough; done; echo done >/etc/done; until test -e /go; do sleep 0.01; done; echo again; sleep 0.4; echo and again; sleep 0.4' >/dev/null
		n=0; until test -e $rootfs/etc/done; do sleep 0.05; n=$((n+1)); test $n -lt 200; done
		mount -o remount,size=1m $state; : >$rootfs/go
		$urun wait a; $urun logs a >$rootfs/out 2>$rootfs/err; $urun rm a >/dev/null; umount $state`
	r := testenv.Finish(t, h.Command("unshare", "sh", "-c", script, "sh", h.Urun, h.State, h.Rootfs))
	if r.Status != 0 || r.Stdout != "0\n" {
		t.Fatalf("exit status %d, %q, %s", r.Status, r.Stdout, r.Stderr)
	}
	out, err := os.ReadFile(h.Rootfs + "/out")
	if err != nil {
		t.Fatal(err)
	}
	told, err := os.ReadFile(h.Rootfs + "/err")
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(out), "\n"); lines < 100 || lines > 3000 || !strings.HasSuffix(string(out), "\nagain\nand again\n") {
		t.Errorf("%d lines are there, the last %q", lines, out[max(0, len(out)-100):])
	}
	if !strings.Contains(string(told), "no space left on device") || strings.Count(string(told), "\n") != 1 {
		t.Errorf("the loss is not told: %q", told)
	}
}

// When the container ends before there is room again, the log has no room to tell of it, and the record does.
func TestADiskThatStaysFull(t *testing.T) {
	h := home(t)
	script := `set -e; urun=$1 state=$2 rootfs=$3; export XDG_STATE_HOME=$state
		mount -t tmpfs -o size=64k none $state
		$urun -d --userns=single --net=none --name a -- $rootfs sh -c 'i=0; while [ $i -lt 4000 ]; do i=$((i+1)); echo $i of a line that is long enough; done' >/dev/null
		$urun wait a; $urun logs a 2>&1 >/dev/null; $urun inspect -f '{{.State.LostOutput}}' a; $urun rm a >/dev/null; umount $state`
	r := testenv.Finish(t, h.Command("unshare", "sh", "-c", script, "sh", h.Urun, h.State, h.Rootfs))
	lines := r.Lines()
	if r.Status != 0 || len(lines) != 3 || lines[0] != "0" || !strings.HasPrefix(lines[1], "urun: this is not all: ") || !strings.HasSuffix(lines[1], lines[2]) ||
		!strings.HasSuffix(lines[2], "bytes of its output: no space left on device") {
		t.Errorf("exit status %d, %q, %s", r.Status, r.Stdout, r.Stderr)
	}
}

// A limit on the size of files is one for urun, too, and no reason to end.
func TestALogThatMayNotGrow(t *testing.T) {
	h := home(t)
	c := h.Host("sh", "-c", `ulimit -f 64; exec "$@"`, "sh", h.Urun)
	c.Args = append(c.Args, h.Args([]string{"-d", "--name", "a"}, "sh", "-c", count+"; exit 5", "5000")...)
	testenv.Finish(t, c).OK(t)
	if r := h.Run("wait", "a"); r.Stdout != "5\n" {
		t.Errorf("wait: %q %s", r.Stdout, r.Stderr)
	}
	numbered(t, h.Run("logs", "a").Stdout)
	h.Run("rm", "a").OK(t)
}

// A child in the background that holds the output does not keep the container, or its log, from ending.
func TestAChildThatHoldsTheOutput(t *testing.T) {
	homes(t, func(h *testenv.Home) {
		for _, flags := range [][]string{{}, {"-t"}, {"--no-init"}, {"--pid=host"}, {"--pid=host", "-t"}} {
			h.Detach(append(flags, "--name", "a"), "sh", "-c", "trap '' HUP; sleep 1000 & setsid sleep 1000 & echo $! >/etc/pid; echo hi; exit 4")
			if r := h.Run("wait", "a"); r.Stdout != "4\n" {
				h.Errorf("%v: wait: %q %s", flags, r.Stdout, r.Stderr)
			}
			if r := h.Run("logs", "-f", "a"); strings.TrimSpace(r.Stdout) != "hi" {
				h.Errorf("%v: the log is %q, %s", flags, r.Stdout, r.Stderr)
			}
			h.Run("rm", "a").OK(h)
			if len(flags) > 0 && flags[0] == "--pid=host" {
				time.Sleep(50 * time.Millisecond)
				for _, pid := range h.Processes() { // they are the host's
					kill(h, pid)
				}
			}
			h.NothingIsLeft()
		}
	})
}

func TestTheCallersStreams(t *testing.T) {
	h := home(t)
	for _, c := range []struct {
		line   string
		status int
		shown  int // bytes
	}{
		{`"$@"`, 0, 65}, {`"$@" <&-`, 0, 65}, {`"$@" 2>&-`, 0, 65}, {`"$@" <&- 2>&-`, 0, 65}, {`id=$("$@"); echo $id`, 0, 65}, {`echo typed | "$@"`, 0, 65},
		{`"$@" | true`, 0, 0}, {`"$@" >&-`, -1, 0}, {`"$@" >/dev/full`, -1, 0}, {`"$@" <&- >&- 2>&-`, -1, 0}, {`cd $(mktemp -d) && rmdir $PWD && "$@"`, 0, 65},
	} {
		line := h.Args([]string{"-d", "--name", "a"}, "sh", "-c", "cat; echo $?; probe fds; exec sleep 1000")
		r := testenv.Finish(t, h.Host("sh", append([]string{"-c", c.line, "sh", h.Urun}, line...)...))
		if c.status >= 0 && r.Status != c.status || len(r.Stdout) != c.shown {
			t.Errorf("%s: exit status %d, %q, %s", c.line, r.Status, r.Stdout, r.Stderr)
		}
		h.Until("it has said it all", func() bool { return strings.Count(h.Run("logs", "a").Stdout, "\n") == 4 })
		if all := h.All(); len(all) != 1 || all[0] != "running" {
			t.Errorf("%s: ps -a shows %q", c.line, all)
		}
		want := "0\n0 /dev/null\n1 pipe:"
		if r := h.Run("logs", "a"); !strings.HasPrefix(r.Stdout, want) {
			t.Errorf("%s: %q", c.line, r.Stdout)
		}
		h.Run("rm", "-f", "a").OK(t)
	}
}
