package hostile

import (
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// ipcKey makes objects of every kind of shared memory, semaphores and queues of the host, and gives the key of all.
func ipcKey(t *testing.T) string {
	t.Helper()
	testenv.Unprivileged(t)
	key := strconv.Itoa(os.Getpid()<<8 | 0x5)
	on := func(verb string) testenv.Result { return testenv.Finish(t, exec.Command(kit.Probe, "ipc", verb, key)) }
	made := on("make")
	t.Cleanup(func() { on("remove") })
	if found := on("find"); made.Status != 0 || strings.Count(found.Stdout, " ok\n") != 5 {
		t.Fatalf("the host's objects are\n%s%s", made.Stdout, found.Stdout)
	}
	return key
}

const noIPC = "shm ENOENT\nsem ENOENT\nmsg ENOENT\nmq ENOENT\nfile ENOENT\n"

func TestTheHostsIPCIsOutOfReach(t *testing.T) {
	key := ipcKey(t)
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		d := login(t)
		var results []testenv.Result
		for _, mode := range []string{"--init", "--no-init"} {
			results = append(results, kit.Run(t, userns, mode, h.Rootfs, "probe", "ipc", "find", key), d.run(t, []string{userns, mode}, "probe", "ipc", "find", key))
		}
		for _, r := range results {
			if !r.Lacks(t) && r.Stdout != noIPC {
				t.Errorf("exit status %d\n%s%s", r.Status, r.Stdout, r.Stderr)
			}
		}
		h.Detach([]string{"--name", "a"}, "sleep", "1000")
		if r := h.Run("exec", "a", "probe", "ipc", "find", key); r.Stdout != noIPC {
			t.Errorf("exec: exit status %d\n%s%s", r.Status, r.Stdout, r.Stderr)
		}
		h.Run("rm", "-f", "a").OK(t)
	})
}

// Who listens at the host's loopback, or at an abstract socket, trusts who can connect (CVE-2020-15257).
func TestTheHostsLoopbackAndAbstractSocketsAreOutOfReach(t *testing.T) {
	testenv.Unprivileged(t)
	attempts, open := "", 0
	for _, at := range [][2]string{{"tcp", "127.0.0.1:0"}, {"tcp", "[::1]:0"}, {"unix", "@urun-test-" + strconv.Itoa(os.Getpid())}} {
		l, err := net.Listen(at[0], at[1])
		if err != nil && at[1] == "[::1]:0" {
			continue // a host without IPv6
		}
		if err != nil {
			t.Fatal(err)
		}
		open++
		t.Cleanup(func() { l.Close() })
		go func() {
			for c, err := l.Accept(); err == nil; c, err = l.Accept() {
				c.Close()
			}
		}()
		if at[0] == "unix" {
			attempts += "probe connect abstract " + at[1][1:] + "\n"
			continue
		}
		_, port, err := net.SplitHostPort(l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		attempts += "probe connect tcp " + l.Addr().String() + "\nprobe connect tcp 10.0.2.2:" + port + " &\nprobe connect tcp '[fd00::2]:" + port + "' &\n"
	}
	attempts += "wait\n"
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		for _, net := range []string{"--net=none", "--net=auto", "--net=host"} {
			r := kit.Run(t, userns, net, h.Rootfs, "sh", "-c", attempts)
			if r.Lacks(t) {
				continue
			}
			// With the host's network all are reached: the test can fail.
			if got, want := strings.Count(r.Stdout, "connected"), map[string]int{"--net=host": open}[net]; got != want {
				t.Errorf("%s: %d of the host's sockets were reached, want %d\n%s%s", net, got, want, r.Stdout, r.Stderr)
			}
		}
		h.Detach([]string{"--name", "a"}, "sleep", "1000")
		if r := h.Run("exec", "a", "sh", "-c", attempts); strings.Contains(r.Stdout, "connected") {
			t.Errorf("exec: %s%s", r.Stdout, r.Stderr)
		}
		h.Run("rm", "-f", "a").OK(t)
	})
}
