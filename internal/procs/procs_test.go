package procs

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
)

// The test binary plays the container too: its first process has a child, and another
// one in a pid namespace of its own below.
const (
	asFirst  = "procs-test-first"
	asChild  = "procs-test-child"
	asCaller = "procs-test-caller"
	oddName  = "a) R 1 (\nb" // at most 15 bytes
)

func TestMain(m *testing.M) {
	switch os.Args[0] {
	case asFirst:
		child, nested := play(asChild, 0), play(asChild, syscall.CLONE_NEWPID)
		fmt.Println(child, nested)
		_, _ = os.Stdin.Read(make([]byte, 1)) // until the test closes it; the kernel ends the others then
	case asChild:
		if os.WriteFile("/proc/self/comm", []byte(oddName), 0) == nil {
			fmt.Println("ready")
		}
		time.Sleep(time.Hour)
	case asCaller:
		list, err := Of([]int{os.Getpid()})
		if err != nil || len(list) != 1 {
			fmt.Println(list, err)
			return
		}
		fmt.Println(list[0].HostUID, list[0].HostGID, list[0].UID, list[0].GID)
	default:
		os.Exit(testenv.Tidy(m.Run))
	}
}

// start starts the test binary in new namespaces and waits for its first line.
func start(as string, flags uintptr, id int) (*exec.Cmd, string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	c := exec.Command(self)
	c.Args = []string{as, "an argument"}
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Pdeathsig: syscall.SIGKILL}
	if flags&syscall.CLONE_NEWUSER != 0 {
		c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: id, HostID: os.Getuid(), Size: 1}}
		c.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: id, HostID: os.Getgid(), Size: 1}}
	}
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if as == asFirst {
		if _, err = c.StdinPipe(); err != nil {
			return nil, "", err
		}
	}
	if err := c.Start(); err != nil {
		return nil, "", err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	return c, line, err
}

func play(as string, flags uintptr) int {
	c, _, err := start(as, flags, 0)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return c.Process.Pid
}

// started starts it, and gives its pid and what it says.
func started(t *testing.T, as string, flags uintptr, id int) (pid int, says string) {
	t.Helper()
	c, line, err := start(as, flags, id)
	if c == nil {
		if os.Getenv("URUN_TEST_MUST_RUN") == "1" {
			t.Fatal("create namespaces:", err)
		}
		t.Skip("create namespaces:", err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	if err != nil {
		t.Fatalf("it says %q: %v", line, err)
	}
	return c.Process.Pid, line
}

func inode(t *testing.T, pid int) uint64 {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(fmt.Sprintf("/proc/%d/ns/pid", pid), &st); err != nil {
		t.Fatal(err)
	}
	return st.Ino
}

func TestAPidNamespaceIsListedAsSeenInside(t *testing.T) {
	pid, says := started(t, asFirst, syscall.CLONE_NEWUSER|syscall.CLONE_NEWPID, 0)
	var child, nested int // as the container sees them
	if _, err := fmt.Sscan(says, &child, &nested); err != nil {
		t.Fatalf("%q: %v", says, err)
	}
	before := descriptors(t)
	list, err := InPidNamespace(inode(t, pid))
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors were left open", after-before)
	}
	var hosts []int
	for i, want := range []Process{{PID: 1}, {PID: min(child, nested), PPID: 1}, {PID: max(child, nested), PPID: 1}} {
		p := list[i]
		if p.PID != want.PID || p.PPID != want.PPID || p.UID != 0 || p.GID != 0 || p.HostUID != uint32(os.Getuid()) || p.HostGID != uint32(os.Getgid()) {
			t.Errorf("%+v, want pid %d and ppid %d", p, want.PID, want.PPID)
		}
		if i > 0 && (p.Comm != oddName || p.Command() != asChild+" an argument") {
			t.Errorf("%d is called %q and runs %q", p.PID, p.Comm, p.Command())
		}
		if p.Elapsed > time.Minute || time.Since(p.Start) > time.Minute || p.RSS < 1<<20 || p.VSZ < p.RSS || p.Threads < 2 || p.State == "" {
			t.Errorf("%+v", p)
		}
		hosts = append(hosts, p.HostPID)
	}
	if list[0].HostPID != pid {
		t.Errorf("the first process is %d of the host, want %d", list[0].HostPID, pid)
	}
	slices.Reverse(hosts)
	again, err := Of(append(hosts, 1<<30)) // and one that is not there
	if err != nil || len(again) != 3 || again[0].PID != 1 || again[1].HostPID != list[1].HostPID || again[2].PPID != 1 {
		t.Errorf("by their pids: %+v, %v", again, err)
	}
	// Seen from below, the two above are not there.
	at := slices.IndexFunc(list, func(p Process) bool { return p.PID == nested })
	below, err := InPidNamespace(inode(t, list[at].HostPID))
	if err != nil || len(below) != 1 || below[0].PID != 1 || below[0].PPID != 0 || below[0].HostPID != list[at].HostPID {
		t.Errorf("the nested namespace: %+v, %v", below, err)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

func TestWhatHasEndedIsLeftOut(t *testing.T) {
	c := exec.Command("/bin/true")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		list, err := Of([]int{c.Process.Pid})
		if err != nil || len(list) != 1 {
			t.Fatalf("nobody has waited for it yet: %+v, %v", list, err)
		}
		if list[0].State == "Z" {
			if list[0].Command() != "[true]" {
				t.Errorf("a zombie runs %q", list[0].Command())
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it does not end")
		}
	}
	dir, err := unix.Open(fmt.Sprintf("/proc/%d", c.Process.Pid), unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(dir)
	if ended(dir) {
		t.Error("a zombie counts as ended")
	}
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	if e, err := fill(dir, c.Process.Pid); err == nil || !ended(dir) {
		t.Errorf("%+v, %v, and has not ended", e, err)
	}
	if list, err := Of([]int{c.Process.Pid}); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	if list, err := InPidNamespace(1); err != nil || len(list) != 0 {
		t.Errorf("a namespace that is not: %+v, %v", list, err)
	}
}

func TestInTheCallersNamespacesNothingIsTranslated(t *testing.T) {
	var list []Process
	var err error
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); { // until there is CPU time
		if list, err = Of([]int{os.Getpid()}); err != nil || len(list) != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		if list[0].CPU > 0 {
			break
		}
	}
	p := list[0]
	if p.PID != os.Getpid() || p.HostPID != p.PID || p.PPID != os.Getppid() || p.UID != uint32(os.Geteuid()) || p.GID != uint32(os.Getegid()) {
		t.Errorf("%+v", p)
	}
	if p.CPU <= 0 || p.CPU > time.Minute || p.CPUPercent <= 0 || !strings.HasSuffix(p.Args[0], ".test") {
		t.Errorf("%+v", p)
	}
}

// The maps of the caller's own namespace tell of the one above it.
func TestACallerInAUserNamespaceIsNotTranslated(t *testing.T) {
	if _, says := started(t, asCaller, syscall.CLONE_NEWUSER, 7); says != "7 7 7 7\n" {
		t.Errorf("it sees %q", says)
	}
}

func TestTheFirstProcessIsTheOldestOfTheHighestNamespace(t *testing.T) {
	entries := []entry{
		{host: 5, status: status{pids: []int{5, 1, 1}}, stat: stat{start: 1}},
		{host: 4, status: status{pids: []int{4, 3}}, stat: stat{start: 3}},
		{host: 9, status: status{pids: []int{9, 1}}, stat: stat{start: 2}}, // pids start over at the end
		{host: 10, status: status{pids: []int{10, 2}}, stat: stat{start: 2}},
	}
	for range entries {
		entries = append(entries[1:], entries[0])
		if e := firstOf(entries); e.host != 9 {
			t.Errorf("the first is %+v", e)
		}
	}
}

func TestNamespacesAreListedWithOneLook(t *testing.T) {
	first, _ := started(t, asFirst, syscall.CLONE_NEWUSER|syscall.CLONE_NEWPID, 0)
	second, _ := started(t, asFirst, syscall.CLONE_NEWUSER|syscall.CLONE_NEWPID, 0)
	by, err := InPidNamespaces([]uint64{inode(t, first), inode(t, second), 1})
	if err != nil || len(by) != 2 {
		t.Fatalf("%+v, %v", by, err)
	}
	for _, pid := range []int{first, second} {
		list := by[inode(t, pid)]
		if len(list) != 3 || list[0].HostPID != pid || list[0].HostPPID != os.Getpid() || list[0].PPID != 0 {
			t.Fatalf("of %d there are %+v", pid, list)
		}
		if started := Children(pid); len(started) != 2 || !slices.Contains(started, list[1].HostPID) || list[1].HostPPID != pid {
			t.Errorf("%d has started %v, of %+v", pid, started, list)
		}
	}
	if started := Children(1 << 30); started != nil {
		t.Errorf("a process that is not there has started %v", started)
	}
}
