package container

import (
	"errors"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/userns"
)

// tracedSteps is a program with every kind of outcome.
func tracedSteps() *forkexec.Program {
	p := new(forkexec.Program)
	p.Call("a name of its own", unix.SYS_SETHOSTNAME, "web", 3)
	fd := p.Call("mount point /proc", unix.SYS_OPENAT, unix.AT_FDCWD, "/a/path/that/is/longer/than/the/column/of/calls/can/be", unix.O_PATH)
	p.Else(fd, []syscall.Errno{unix.ENOENT, unix.EACCES}, func() any { return p.Call("make it", unix.SYS_UMASK, 0) })
	tolerated := p.Call("done", unix.SYS_CLOSE, fd)
	p.Tolerate(tolerated, unix.EBADF)
	p.Call("the last", unix.SYS_FCHDIR, fd)
	return p
}

// What a person reads: columns, results, marks for what did not work.
func TestATraceHasColumns(t *testing.T) {
	p := tracedSteps()
	steps := p.Steps()
	failed := &forkexec.StepError{Index: 4, Errno: unix.EACCES}
	got := strings.Join([]string{
		traceLine(158_900, whoUrun, ' ', "clone, and meanwhile prepare"),
		traceLine(1_200_000, whoLooks, ' ', "network: none, no driver"),
		stepLine(p, 0, 2_000_000, outcomeOf(steps[0], 0, false), failed),
		stepLine(p, 1, 2_001_000, outcomeOf(steps[1], 18, true), failed),
		stepLine(p, 2, 2_002_000, outcomeOf(steps[2], 18, false), failed),
		stepLine(p, 3, 2_003_000, outcomeOf(steps[3], -int64(unix.EBADF), false), failed),
		stepLine(p, 4, 12_003_000, outcomeOf(steps[4], forkexec.NotDone, false), failed),
		traceLine(12_004_000, whoUrun, '!', "step 4: fchdir($1): permission denied"),
	}, "\n") + "\n"
	reviewedFile(t, "testdata/trace.golden", got)
}

// recorded are the lines of a start that is traced. All of them are there, in the child's order, also when a step fails.
func TestAStartIsTracedAsItHappens(t *testing.T) {
	r := rigged(t, faulty{mode: userns.Single, net: network.None})
	r.clean(t)
	var lines []string
	traced := func(inject func(*outcome)) outcome {
		lines = nil
		r.planned = func(l *launch) { l.opt.Debug = NewTrace(func(line string) { lines = append(lines, line) }) }
		return r.start(id("f"), inject)
	}
	o := traced(func(*outcome) {})
	if o.err != nil || o.status != 0 {
		t.Fatal(o.status, o.err)
	}
	said := strings.Join(lines, "\n")
	for _, want := range []string{
		`(?m)^ +\d+ µs P  clone, and meanwhile prepare$`, `(?m)^ +\d+ µs P  process \d+, cloned with CLONE_NEWUSER`, `(?m)^ +\d+ µs \?  ids: one id; uids 0:`, `\?  network: none, no driver`, `\?  cgroup: none`,
		`(?m)^ +\d+ µs C  \d+ +execveat\(`, `C~ \d+ +.* = E[A-Z]+ `, `P  the command runs`, `P  the command has ended`,
	} {
		if !regexp.MustCompile(want).MatchString(said) {
			t.Errorf("%s is not in:\n%s", want, said)
		}
	}
	done := 0
	for _, is := range o.done {
		if is {
			done++
		}
	}
	if n := strings.Count(said, " µs C"); n != done {
		t.Errorf("%d steps were told of %d", n, done)
	}
	o = traced(func(o *outcome) { fail(o.program, 30, unix.EIO) })
	said = strings.Join(lines, "\n")
	if o.err == nil || !regexp.MustCompile(`(?m)^ +\d+ µs C! 30 .* = EIO `).MatchString(said) || !regexp.MustCompile(`µs P! step 30: .*input/output error$`).MatchString(said) || strings.Contains(said, "execveat") {
		t.Errorf("%v:\n%s", o.err, said)
	}
}

// What is begun again on a lower rung is told, and why.
func TestALowerRungIsTraced(t *testing.T) {
	r := rigged(t, faulty{mode: userns.Single, net: network.Auto})
	r.places.Self = "/nowhere/urun"
	var lines []string
	r.planned = func(l *launch) { l.opt.Debug = NewTrace(func(line string) { lines = append(lines, line) }) }
	o := r.start(id("f"), func(o *outcome) { refuseDevice(o.launch) })
	said := strings.Join(lines, "\n")
	if o.err != nil || o.status != 0 || o.network != "none" {
		t.Fatalf("status %d, %v, network %s:\n%s", o.status, o.err, o.network, said)
	}
	for _, want := range []string{`\?  network: slirp4netns could be had`, `(?m)µs C! \d+ +.* = E[A-Z]+ `, `(?m)µs P! network driver slirp4netns: step \d+: `, `µs P  begin again, on a lower rung`, `\?  lost: no network but loopback: `, `\?  network: loopback only`} {
		if !regexp.MustCompile(want).MatchString(said) {
			t.Errorf("%s is not in:\n%s", want, said)
		}
	}
	if strings.Count(said, "P  process ") != 2 || strings.Count(said, "execveat") != 1 {
		t.Errorf("two children, of which the second executes:\n%s", said)
	}
}

// A step that hangs is named before it ends, once.
func TestAStepThatTakesLongIsTold(t *testing.T) {
	r := rigged(t, faulty{mode: userns.Single, net: network.None})
	r.clean(t)
	var lines []string
	seen := make(chan struct{})
	r.planned = func(l *launch) {
		l.opt.Debug = NewTrace(func(line string) {
			lines = append(lines, line)
			if strings.Contains(line, "> ") && strings.Contains(line, "is not done yet: wait") {
				close(seen) // a second time panics
			}
		})
	}
	r.compiled = func(l *launch) {
		err := <-l.maps
		maps := make(chan error, 1)
		l.maps = maps
		go func() {
			select {
			case <-seen:
			case <-time.After(30 * time.Second):
				t.Error("nothing was told of a step that hangs")
			}
			maps <- err
		}()
	}
	o := r.start(id("f"), func(o *outcome) { r.compiled(o.launch) })
	if o.err != nil || o.status != 0 {
		t.Errorf("%d, %v:\n%s", o.status, o.err, strings.Join(lines, "\n"))
	}
}

func TestWhatWasDecidedAboutTheNetworkIsTold(t *testing.T) {
	for name, tt := range map[string]struct {
		wish network.Wish
		host network.HostFacts
		want string
	}{
		"none":        {network.Wish{Mode: network.None}, network.HostFacts{}, "network: none, no driver"},
		"no tun":      {network.Wish{Mode: network.Slirp4netns}, network.HostFacts{Tun: unix.ENOENT}, "network: not slirp4netns: there is no /dev/net/tun; an administrator can load the module (modprobe tun), or in a container whoever started that can give it the device (--device /dev/net/tun)\nnetwork: loopback only"},
		"one of them": {network.Wish{Mode: network.Auto}, network.HostFacts{Slirp: "/usr/bin/slirp4netns"}, "network: not gvisor: urun-netstack is not installed; you can put it beside urun, where make install puts it\nnetwork: slirp4netns could be had\nnetwork: not pasta: pasta is not installed; an administrator can install the package passt; --net chooses another driver\nnetwork: loopback only"},
	} {
		if got := strings.Join(networkFacts(tt.wish, tt.host, nil, ""), "\n"); got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, tt.want)
		}
	}
}

// Without --debug nothing is called, and a start is as it was.
func TestNoTraceIsSilent(t *testing.T) {
	var none *Trace
	none.say(whoUrun, "x")
	none.fails(whoUrun, errors.New("x"))
	none.follow(nil, nil)
	none.leave(true)
	l := &launch{opt: Options{Extra: &ocispec.Extra{}}}
	if n := testing.AllocsPerRun(10, func() { l.begin("x"); l.beside("x")(); l.traceChoices(); l.tracePlace() }); n != 0 || len(l.times.phases)+len(l.times.beside) != 0 {
		t.Errorf("%v allocations, %d phases", n, len(l.times.phases))
	}
}
