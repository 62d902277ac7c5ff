//go:build vm

package vm

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

// driver is a value of --net. The machine has a network where the script "world" has run, which says what that is: the
// variable URUN_TEST_WORLD=1 tells.
type driver struct {
	net    string
	server string // whom the container asks for names
	ipv6   bool
	simple bool // who asks it for names gets IPv4 addresses only
	root   bool // needs you to be root inside
	ports  bool // publishes ports itself
	source bool // and a server inside sees who connects
}

func drivers() []driver {
	return []driver{
		{net: "auto", server: "10.0.2.2", ipv6: true, ports: true, source: true},
		{net: "slirp4netns", server: "10.0.2.3", ipv6: true, ports: true, source: true},
		{net: "slirp4netns:rootlesskit", server: "10.0.2.3", root: true},
		{net: "pasta", server: "10.0.2.3", ipv6: true, ports: true, source: true},
		{net: "pasta:rootlesskit", server: "10.0.2.3", ipv6: true},
		{net: "gvisor", server: "10.0.2.2", ipv6: true, ports: true, source: true},
		{net: "gvisor:rootlesskit", server: "10.0.2.1", simple: true, root: true, ports: true},
	}
}

// networks runs a test with all drivers side by side.
func networks(t *testing.T, test func(t *testing.T, d driver)) {
	needNetwork(t)
	for _, d := range drivers() {
		t.Run(d.net, func(t *testing.T) {
			d.needs(t)
			t.Parallel()
			test(t, d)
		})
	}
}

// needs skips a test of the driver where that cannot work.
func (d driver) needs(t *testing.T) {
	t.Helper()
	if strings.HasPrefix(d.net, "pasta") && oldPasta() {
		t.Skip("Debian 12's pasta, of which urun warns")
	}
}

// needNetwork skips a test where the machine has no network, and sees to urun's helper.
func needNetwork(t testing.TB) {
	t.Helper()
	testenv.Unprivileged(t)
	if os.Getenv("URUN_TEST_WORLD") != "1" {
		t.Skip("this machine has no network")
	}
	if err := besides(); err != nil {
		t.Fatal(err)
	}
}

// besides builds urun's helper beside it.
var besides = sync.OnceValue(func() error { return testenv.Build(filepath.Dir(urun), "./cmd/urun-netstack") })

// oldPasta tells of a pasta that does not say its version; one of 2025 says it to a terminal only.
var oldPasta = sync.OnceValue(func() bool {
	out, err := exec.Command("pasta", "--version").Output()
	return err == nil && strings.Contains(string(out), "unknown version")
})

// with is urun with this driver, and a shell line as the command.
func (d driver) with(line string, flags ...string) *exec.Cmd {
	return exec.Command(urun, slices.Concat([]string{"--net", d.net}, flags, []string{rootfs, "sh", "-c", line})...)
}

// world is the probe beyond the machine.
func world(args ...string) *exec.Cmd {
	probe := filepath.Join(filepath.Dir(urun), "probe")
	return exec.Command("enter-world", append([]string{"--net=/run/netns/world", "--", probe}, args...)...)
}

// here is the probe on the machine itself.
func here(args ...string) *exec.Cmd {
	return exec.Command(filepath.Join(filepath.Dir(urun), "probe"), args...)
}

// says compares what a command prints.
func says(t testing.TB, want string, c *exec.Cmd) {
	t.Helper()
	r := testenv.Finish(t, c)
	if got := strings.TrimSuffix(r.Stdout, "\n"); got != want || r.Stderr != "" {
		t.Errorf("%v (exit status %d)\nsays %q\nwant %q\nstderr: %s", c.Args[1:], r.Status, got, want, r.Stderr)
	}
}

// after waits for a line that begins with the word, and gives what follows that.
func (b *background) after(word string) string {
	b.Helper()
	late := time.After(testenv.Deadline)
	for {
		select {
		case line, open := <-b.lines:
			if rest, ok := strings.CutPrefix(line, word+" "); ok {
				return rest
			}
			if !open {
				b.Fatalf("it ended without %q: %s", word, b.stderr.String())
			}
		case <-late:
			b.Fatalf("no line %q: %s", word, b.stderr.String())
		}
	}
}

// served starts a server of the probe's and gives its port.
func served(t *testing.T, c *exec.Cmd) (b *background, port string) {
	t.Helper()
	b = startAs(t, c)
	_, port, err := net.SplitHostPort(b.after("listening"))
	if err != nil {
		t.Fatal(err)
	}
	return b, port
}

var lastPort atomic.Int32

// port is one of the machine's that no other test uses.
func port() string { return strconv.Itoa(20000 + int(lastPort.Add(1))) }

// What a network is for, with the real newuidmap: a transfer, a name by way of systemd-resolved, and a refusal that comes
// at once and not when patience ends.
func TestNetworkOfEachDriver(t *testing.T) {
	networks(t, func(t *testing.T, d driver) {
		_, four := served(t, world("serve", "source", "tcp", "192.0.2.1:0"))
		_, six := served(t, world("serve", "source", "tcp", "[2001:db8::1]:0"))
		line := "probe receive 192.0.2.1:" + four + " 300000; probe lookup web.example.test nothing.example.test; probe connect tcp 192.0.2.1:1"
		want := "ok 300000\nweb.example.test 192.0.2.1 2001:db8::1\nnothing.example.test unknown\nECONNREFUSED"
		if d.simple {
			want = strings.Replace(want, " 2001:db8::1", "", 1)
		}
		if d.ipv6 {
			line += "; probe receive [2001:db8::1]:" + six + " 300000; probe connect tcp [2001:db8::1]:1"
			want += "\nok 300000\nECONNREFUSED"
		}
		for _, userns := range []string{"--userns=auto", "--userns=single"} {
			says(t, want, d.with(line+"; true", userns))
		}
	})
}

// Who is not root inside has no capability after an exec there, and some of rootlesskit's drivers execute nsenter and ip.
func TestNetworkForYourself(t *testing.T) {
	networks(t, func(t *testing.T, d driver) {
		c := d.with("probe lookup web.example.test", "--userns=keep-id")
		if d.root {
			testenv.Finish(t, c).Refused(t, 125, "root inside")
			return
		}
		says(t, "web.example.test 192.0.2.1 2001:db8::1", c)
	})
}

// publishing is the driver with a way to publish ports.
func (d driver) publishing() driver {
	if !d.ports {
		d.net += ",port_handler=rootlesskit"
	}
	return d
}

func TestNetworkWithPublishedPorts(t *testing.T) {
	networks(t, func(t *testing.T, d driver) {
		all, local := port(), port()
		b, _ := served(t, d.publishing().with("exec probe serve echo tcp :80", "-p", all+":80", "-p", "127.0.0.1:"+local+":80"))
		says(t, "ok 4", world("many", "192.0.2.2:"+all, "4"))
		if from := b.after("from"); d.source && from != "192.0.2.1" {
			t.Errorf("the server sees %s, and 192.0.2.1 came", from)
		}
		says(t, "ok 4", here("many", "127.0.0.1:"+all, "4"))
		says(t, "ok 4", here("many", "127.0.0.1:"+local, "4"))
		says(t, "ECONNREFUSED", world("connect", "tcp", "192.0.2.2:"+local))
	})
}

// A driver's programs and ports go with the container, and with a urun that was killed.
func TestNetworkLeavesNothing(t *testing.T) {
	needNetwork(t)
	for _, d := range drivers()[1:] { // auto is one of the others
		d = d.publishing()
		t.Run(d.net, func(t *testing.T) {
			d.needs(t)
			for name, end := range map[string]func(b *background){
				"the container is ended": func(b *background) { run(t, "kill", "ends").OK(t) },
				"urun is killed":         func(b *background) { b.kill() },
			} {
				at := port()
				b, _ := served(t, d.with("exec probe serve echo tcp :80", "--name", "ends", "-p", at+":80"))
				says(t, "ok 1", here("many", "127.0.0.1:"+at, "1"))
				if len(programs(t)) == 0 {
					t.Fatal("there is a network, and no program of the driver's")
				}
				end(b)
				b.status()
				late := time.Now().Add(10 * time.Second)
				for left := programs(t); len(left) > 0; left = programs(t) {
					if time.Now().After(late) {
						t.Fatalf("%s, and these are left: %v", name, left)
					}
					time.Sleep(20 * time.Millisecond)
				}
				says(t, "ECONNREFUSED", here("connect", "tcp", "127.0.0.1:"+at))
				run(t, "stats", "--no-stream").OK(t) // collects what a killed urun left
				nothingIsLeft(t)
			}
		})
	}
}

// programs are the processes that run a driver's program, the directories of them in /proc. No other test runs meanwhile.
func programs(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*/comm")
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(names, func(name string) bool {
		b, _ := os.ReadFile(name) // it may end at any moment
		comm, _, _ := strings.Cut(strings.TrimSpace(string(b)), ".")
		return !slices.Contains([]string{"slirp4netns", "pasta", "passt", "urun-netstack"}, comm)
	})
}

// A limit is the container's: what its network takes is not counted.
func TestNetworkAndLimits(t *testing.T) {
	needNetwork(t)
	for _, d := range drivers()[1:] { // auto is one of the others
		d = d.publishing()
		t.Run(d.net, func(t *testing.T) {
			d.needs(t)
			_, source := served(t, world("serve", "source", "tcp", "192.0.2.1:0"))
			b := startAs(t, d.with("cat /sys/fs/cgroup/memory.max; probe receive 192.0.2.1:"+source+" 300000; echo ready; exec probe sleep", "--name", "limited", "-m", "64m", "-p", port()+":80"))
			b.sees("67108864")
			b.sees("ok 300000")
			b.sees("ready")
			scope := strings.TrimPrefix(cgroupOf(t, "limited"), "/sys/fs/cgroup")
			if got := readCgroup(t, "limited", "memory.max"); got != "67108864" {
				t.Errorf("memory.max is %s", got)
			}
			living := 0
			for _, comm := range programs(t) {
				cgroup, err := os.ReadFile(filepath.Dir(comm) + "/cgroup")
				if err != nil {
					continue // one of the container before, which has just ended
				}
				living++
				if strings.Contains(string(cgroup), scope) {
					t.Errorf("%s is in the container's cgroup: %s", comm, cgroup)
				}
			}
			if living == 0 {
				t.Error("there is a network, and no program of the driver's")
			}
			b.kill()
			collected(t)
		})
	}
}

// The host's /etc/resolv.conf is a link to what systemd-resolved writes, and that of a rootfs often one that leads nowhere.
// Inside there is urun's in its place, and the link stays.
func TestNetworkWithALinkForResolvConf(t *testing.T) {
	needNetwork(t)
	const stub = "systemd/resolve/stub-resolv.conf"
	for _, target := range []string{"../run/" + stub, "/run/" + stub, "../../../../../run/" + stub, "resolv.conf"} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "rootfs")
			if out, err := exec.Command("cp", "-a", rootfs, dir).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			link := dir + "/etc/resolv.conf"
			_ = os.Remove(link) // there may be none
			if err := os.Symlink(target, link); err != nil {
				t.Fatal(err)
			}
			for _, flags := range [][]string{nil, {"--userns=single"}, {"--read-only"}, {"--ephemeral"}} {
				args := slices.Concat([]string{"--net", "slirp4netns"}, flags, []string{dir, "sh", "-c", "cat /etc/resolv.conf; probe lookup web.example.test"})
				says(t, "nameserver 10.0.2.3\noptions edns0 trust-ad\nweb.example.test 192.0.2.1 2001:db8::1", exec.Command(urun, args...))
			}
			if got, err := os.Readlink(link); got != target || err != nil {
				t.Errorf("the link leads to %q now: %v", got, err)
			}
			if _, err := os.Lstat(dir + "/run/systemd"); err == nil {
				t.Error("something was made where the link leads")
			}
		})
	}
}

// The same with the host's own files, whose link leads to a file that is there, and with glibc's resolver.
func TestNetworkWithTheHostsFiles(t *testing.T) {
	networks(t, func(t *testing.T, d driver) {
		line := `grep nameserver /etc/resolv.conf; getent ahostsv4 web.example.test | awk '/STREAM/ {print $1}'; readlink -f /etc/resolv.conf`
		for _, flags := range [][]string{{"--read-only"}, {"--ephemeral"}, {"--userns=auto", "-u", "0"}} {
			if d.root && flags[0] != "--userns=auto" {
				continue // with / you stay yourself
			}
			args := slices.Concat([]string{"-q", "--net", d.net}, flags, []string{"/", "sh", "-c", line})
			says(t, "nameserver "+d.server+"\n192.0.2.1\n/etc/resolv.conf", exec.Command(urun, args...))
		}
	})
	if target, err := os.Readlink("/etc/resolv.conf"); target != "../run/systemd/resolve/stub-resolv.conf" {
		t.Errorf("the host's /etc/resolv.conf is a link to %q now: %v", target, err)
	}
}

// Debian's ping takes a datagram socket where it may: inside it has no capability from its file.
func TestNetworkAnswersAPing(t *testing.T) {
	networks(t, func(t *testing.T, d driver) {
		ping := []string{"/", "ping", "-n", "-c", "1", "-W", "10", "192.0.2.1"}
		for _, who := range [][]string{{"--userns=auto", "-u=0"}, {"--userns=auto", "-u=1000"}, {"--userns=keep-id"}} {
			if d.root && len(who) == 1 {
				continue
			}
			r := testenv.Finish(t, exec.Command(urun, slices.Concat([]string{"-q", "--net", d.net, "--cap-drop=all"}, who, ping)...))
			if r.Status != 0 || !strings.Contains(r.Stdout, " 0% packet loss") {
				t.Errorf("%s: exit status %d: %s%s", who, r.Status, r.Stdout, r.Stderr)
			}
		}
	})
}
