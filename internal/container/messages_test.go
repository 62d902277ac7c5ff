package container

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/attach"
	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/ladder"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/internal/nofile"
	"github.com/urun-project/urun/internal/state"
	"github.com/urun-project/urun/userns"
)

// sampleError is an error as it comes about somewhere, under what it is about.
type sampleError struct {
	about  string
	status int
	err    error
}

func failed125(about string, err error) sampleError { return sampleError{about, StatusFailed, err} }

func commandFailed(about string, status int, e commandError) sampleError {
	return sampleError{about, status, &e}
}

// sampleErrors are one or more of each kind that this package has words for.
func sampleErrors() []sampleError {
	path := func(op, path string, errno syscall.Errno) error {
		return &fs.PathError{Op: op, Path: path, Err: errno}
	}
	setting := func(file, value string) cgroup2.Setting { return cgroup2.Setting{File: file, Value: value} }
	port := func(errno syscall.Errno) error {
		return &network.PortError{Port: network.Port{Proto: "tcp", HostPort: 80, ContainerPort: 80}, Err: errno}
	}
	loss := ladder.Loss{Property: ladder.Network, Lost: "no network but loopback", Cause: "urun-netstack is not installed", Fix: "put it beside urun", Who: ladder.You}
	ended := state.Record{ID: strings.Repeat("a", 64), Name: "web"}
	ended.Ended, ended.ExitCode, ended.Log = time.Now().Add(-time.Hour), 3, "/srv/log"
	return []sampleError{
		failed125("the rootfs is missing", &rootfsError{"./rootfs", unix.ENOENT}),
		failed125("the rootfs is a file", &rootfsError{"./rootfs", unix.ENOTDIR}),
		failed125("the rootfs is empty", &rootfsError{"./rootfs", errEmpty}),
		failed125("the rootfs is another's", &rootfsError{"/srv/rootfs", path("open", "/srv/rootfs", unix.EACCES)}),
		failed125("the rootfs is a link to itself", &rootfsError{"./rootfs", unix.ELOOP}),
		failed125("the rootfs is on a broken disk", &rootfsError{"./rootfs", unix.EIO}),
		failed125("the volume is missing", &volumeError{"/data", unix.ENOENT}),
		failed125("the volume is below a file", &volumeError{"/etc/passwd/x", unix.ENOTDIR}),

		failed125("a layer cannot be unpacked", &unpackError{"docker.io/library/app:latest", errors.New("layer 2 of 3: unexpected end of the stream")}),
		failed125("an image of too many layers", (&launch{opt: Options{Image: &Image{Name: "app", Record: layered(501)}}}).chooseLayers()),
		failed125("an image of no layers", (&launch{opt: Options{Image: &Image{Name: "app"}}}).chooseLayers()),

		commandFailed("no such command", StatusNotFound, commandError{name: "sh", errno: unix.ENOENT}),
		commandFailed("no such path", StatusNotFound, commandError{name: "/bin/sh", errno: unix.ENOENT}),
		commandFailed("no interpreter", StatusNotFound, commandError{name: "x", candidate: "/bin/x", errno: unix.ENOENT, interpreter: true}),
		commandFailed("a file without x", StatusNotExecutable, commandError{name: "/etc/passwd", candidate: "/etc/passwd", errno: unix.EACCES}),
		commandFailed("no program", StatusNotExecutable, commandError{name: "x", candidate: "/bin/x", errno: unix.ENOEXEC}),
		commandFailed("too many arguments", StatusNotExecutable, commandError{name: "x", candidate: "/bin/x", errno: unix.E2BIG}),
		commandFailed("a link to itself", StatusNotExecutable, commandError{name: "x", candidate: "/bin/x", errno: unix.ELOOP}),
		commandFailed("no process for it", StatusFailed, commandError{name: "x", candidate: "/bin/x", errno: unix.EAGAIN, process: true}),

		failed125("urun's init may not be made", &forkexec.InitError{Doing: "make the container's init", Err: unix.EACCES}),
		failed125("urun's init lacks a descriptor", &forkexec.InitError{Doing: "make the container's init", Err: unix.EMFILE}),

		failed125("limits and cgroup v1", &v1Error{[]string{"memory", "pids"}}),
		failed125("limits and no cgroups", &v1Error{}),
		failed125("no delegation", &cgroup2.MissingError{Setting: setting("io.weight", "default 50"), Delegated: []string{"cpu", "memory"}}),
		failed125("a limit that did not arrive", &cgroup2.MissingError{Setting: setting("memory.max", "100"), Have: "4096", Delegated: []string{"memory"}}),
		failed125("a limit that the kernel refuses", &cgroup2.MissingError{Setting: setting("cpu.max", "1 2"), Have: "max", Delegated: []string{"cpu"}, Err: path("write", "cpu.max", unix.EINVAL)}),
		failed125("a limit that the kernel lacks", &cgroup2.MissingError{Setting: setting("memory.swap.max", "0"), Delegated: []string{"memory"}}),
		failed125("no cgroup at all", &noCgroupError{asked: auto, booted: true, bus: &cgroup2.DialError{Addresses: []string{"unix:path=/run/user/1/bus"}, Errs: []error{unix.ENOENT}},
			dirs: &cgroup2.PlaceError{Dirs: []string{"/sys/fs/cgroup/x"}, Whys: []string{"it is not delegated to you"}}}),
		failed125("no systemd", &noCgroupError{asked: systemd, bus: errors.New("gone")}),
		failed125("a CPU that is not there", &cgroup2.OfflineError{Setting: setting("cpuset.cpus", "9"), Missing: cgroup2.Set{9}, Online: cgroup2.Set{0, 1}}),
		failed125("too little memory for a start", &starvedError{[]cgroup2.Setting{setting("memory.max", "524288")}}),
		failed125("systemd has such a unit", &cgroup2.TakenError{Name: "urun-web.scope"}),
		failed125("there is such a cgroup", &cgroup2.TakenError{Name: "/sys/fs/cgroup/urun-web"}),
		failed125("systemd does not answer", &cgroup2.CallError{Doing: "start urun-web.scope", Err: errNoAnswer}),

		failed125("a name that a running container has", &state.TakenError{Name: "web"}),
		failed125("a name that a dead container has", &state.TakenError{Name: "web", Ended: true}),
		failed125("no such container", &state.NotFoundError{Name: "x", Others: []string{"a", "b"}}),
		failed125("no container at all", &state.NotFoundError{Name: "x"}),
		failed125("a container that has ended", &endedError{ended}),

		failed125("a port below 1024", port(unix.EACCES)),
		failed125("a port in use", port(unix.EADDRINUSE)),
		failed125("--strict", &ladder.LostError{Lost: []ladder.Loss{loss}}),
		failed125("no namespaces", &ladder.NothingError{Attempts: []ladder.Loss{{Property: ladder.Namespaces, Lost: "no user namespace", Cause: "the sysctl user.max_user_namespaces is 0", Fix: "raise it", Who: ladder.Administrator}}, Err: unix.ENOSPC}),
		failed125("a driver that fails", &networkError{network.Slirp4netns, &network.HelperError{Program: "slirp4netns", Err: errors.New("ended with status 1"), Says: "cannot"}}),

		failed125("newuidmap fails", &userns.HelperError{Helper: userns.Helper{Name: "newuidmap"}, Err: errors.New("exit status 1"), Stderr: "write to uid_map failed"}),
		failed125("uid_map may not be written", &userns.MapError{File: "uid_map", Pid: 4711, Err: unix.EPERM}),
		failed125("uid_map is full of what the kernel does not take", &userns.MapError{File: "uid_map", Pid: 4711, Err: unix.EINVAL}),
		failed125("nobody to attach to", fmt.Errorf("attach to %s: %w", quote("web"), attach.ErrNobody)),
		failed125("a user by name and no openat2", fmt.Errorf("open /etc/passwd of the rootfs: %w", unix.ENOSYS)),
		failed125("a directory for records", path("mkdir", "/run/user/1/urun", unix.EACCES)),
		failed125("a file renamed", &os.LinkError{Op: "rename", Old: "/run/a", New: "/run/b", Err: unix.EROFS}),
		failed125("several at once", errors.Join(errors.New("remove the log: a"), errors.New("remove the record: b"))),
	}
}

// Every sentence is in one file, to be read aloud. It changes when a sentence does.
func TestTheMessagesAreThoseThatWereReviewed(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Written by go test ./internal/container -run TestTheMessages -update.\n\n## Kinds of errors\n")
	for _, s := range sampleErrors() {
		e := failure(nil, s.err).(*Error)
		uid := strconv.Itoa(os.Getuid())
		says := strings.NewReplacer(lacksCall(release()), "{kernel}", "user@"+uid, "user@UID", "linger "+uid, "linger UID").Replace(e.Says)
		fmt.Fprintf(&b, "\n%s (%d)\n  %s\n", s.about, e.Status, says)
	}
	b.WriteString("\n## Hints on a step that failed, the first that fits\n")
	for i, h := range hints {
		fmt.Fprintf(&b, "\n%s\n  %s\n", condition(h), spoken(failures[i], h))
	}
	b.WriteString("\n## Remedies, for an error of no kind\n\n")
	for _, r := range remedies {
		fmt.Fprintf(&b, "%s\n  %s\n", r.errno.Error(), r.says)
	}
	reviewedFile(t, "testdata/messages.md", b.String())
}

// spoken is a hint in a message, without what comes from the host.
func spoken(f failed, h hint) string {
	if f.is&compares != 0 {
		return h.says
	}
	return f.fault().what + ": " + f.errno.Error() + "; " + strings.ReplaceAll(h.says, "{link}", f.fault().link+"; ")
}

// condition is a row's, in words.
func condition(h hint) string {
	var words []string
	for _, trap := range h.traps {
		name := forkexec.CallName(trap)
		words = append(words, name)
	}
	says := strings.Join(words, ", ")
	if says == "" {
		says = "any step"
	}
	if h.traits != 0 {
		says += " (" + h.traits.String() + ")"
	}
	words = nil
	for _, e := range h.errnos {
		words = append(words, unix.ErrnoName(e))
	}
	if len(words) == 0 {
		return says + ": any errno"
	}
	return says + ": " + strings.Join(words, ", ")
}

func reviewedFile(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s; if it is meant, run the test with -update", firstDifference(got, string(want)))
	}
}

// A message is one line in lower case that does not end with the name of an errno, and has its status.
func TestEveryMessageIsASentenceOfUruns(t *testing.T) {
	for _, s := range sampleErrors() {
		var e *Error
		if err := failure(nil, s.err); !errors.As(err, &e) || !errors.Is(err, s.err) || e.Status != s.status {
			t.Errorf("%s: %#v, want status %d", s.about, err, s.status)
			continue
		}
		unsound(t, s.about, e.Says)
		var errno syscall.Errno
		if errors.As(s.err, &errno) && strings.HasSuffix(e.Says, errno.Error()) {
			t.Errorf("%s: nothing is said but the errno: %s", s.about, e.Says)
		}
	}
	for _, h := range hints {
		unsound(t, condition(h), strings.TrimPrefix(h.says, "{link}"))
	}
	for _, r := range remedies {
		unsound(t, r.errno.Error(), r.says)
	}
}

func unsound(t *testing.T, about, says string) {
	t.Helper()
	first := []rune(says)[0]
	proper := strings.HasPrefix(says, "AppArmor ")
	if strings.ContainsFunc(says, unicode.IsControl) || unicode.IsUpper(first) && !proper || strings.HasSuffix(says, ".") || len(says) < len("{kernel}") {
		t.Errorf("%s: not one plain line in lower case: %q", about, says)
	}
}

// An error that was told already is passed on as it is, so that each function of this package may call failure.
func TestAFailureIsToldOnce(t *testing.T) {
	once := failure(nil, &commandError{name: "x", errno: unix.ENOENT})
	if again := failure(nil, once); again != once {
		t.Errorf("%v became %v", once, again)
	}
	var e *Error
	if err := failure(nil, fmt.Errorf("replace it: %w", failure(nil, unix.EMFILE))); !errors.As(err, &e) || e.Status != StatusFailed || strings.Count(e.Says, "ulimit") != 1 {
		t.Errorf("%v", err)
	}
	if failure(nil, nil) != nil {
		t.Error("no failure is one")
	}
	// A command of urun unshare is the host's.
	says := failure(&launch{bare: true}, &commandError{name: "nosuch", errno: unix.ENOENT}).Error()
	if strings.Contains(says, "rootfs") || !strings.Contains(says, "your PATH") {
		t.Error(says)
	}
}

func TestARemedyIsTheErrnosOwn(t *testing.T) {
	seen := map[syscall.Errno]bool{}
	for _, r := range remedies {
		if seen[r.errno] {
			t.Errorf("%v has two remedies", r.errno)
		}
		seen[r.errno] = true
		if got := remedyFor(r.errno, host{release: "5.4.0"}); got != strings.ReplaceAll(r.says, "{kernel}", "this kernel is Linux 5.4.0, and urun needs 5.12 or newer") {
			t.Errorf("%v: %q", r.errno, got)
		}
	}
	if got := remedyFor(unix.ENOENT, host{}); got != "" {
		t.Error(got)
	}
}

func TestTooFewFilesAreRefused(t *testing.T) {
	for limit, works := range map[uint64]bool{8: false, leastFiles - 1: false, leastFiles: true, 1 << 20: true, 0: true} {
		err := failure(nil, fit(nofile.Limit{Max: limit}))
		if works != (err == nil) || err != nil && !strings.Contains(err.Error(), "is "+strconv.FormatUint(limit, 10)+", and urun needs more") {
			t.Errorf("%d: %v", limit, err)
		}
	}
}

// What the command line finds out is told in the same way.
func TestErrorsOfCallersAreTold(t *testing.T) {
	if Tell(nil) != nil {
		t.Error("nothing is told")
	}
	e := Tell(&fs.PathError{Op: "write", Path: "/dev/stdout", Err: unix.ENOSPC})
	if e.Status != StatusFailed || e.Says != `write "/dev/stdout": no space left on device; make room in that file system; it may lack inodes rather than bytes (df -i)` {
		t.Errorf("%d: %s", e.Status, e.Says)
	}
	if e := Tell(failure(nil, &commandError{name: "x", errno: unix.ENOENT})); e.Status != StatusNotFound {
		t.Errorf("%d: %s", e.Status, e.Says)
	}
	if e := Tell(errors.New("unknown flag --x; urun help run lists them")); e.Says != "unknown flag --x; urun help run lists them" {
		t.Error(e.Says)
	}
	// A clone that lacks a descriptor is nobody's refusal.
	if says := failure(nil, os.NewSyscallError("clone", unix.EMFILE)).Error(); strings.Contains(says, "refused") || !strings.Contains(says, "ulimit -n") {
		t.Error(says)
	}
}
