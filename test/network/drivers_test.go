package network

import (
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// driver is a value of --net and what may be expected of it.
type driver struct {
	net      string   // as --net takes it, with its options
	programs []string // on the host
	gateway  string   // the host, when its loopback is open
	resolver string   // what a container has in /etc/resolv.conf
	simple   bool     // its name server gives IPv4 addresses only, and no more than fit into a datagram
	ipv6     bool
	follows  bool // asks the name server that the host has now, not the one it had when the container started
	ports    bool // listens itself; else somebody has to be named who does
	deaf     bool // does not answer a datagram of the host's own loopback to a published port, while that is closed
	source   bool // a server inside sees who connects to a published port, not the driver
}

// drivers are all of them. What each can do is also in urun's manual.
func drivers() []driver {
	kit := []string{"nsenter", "ip"} // of rootlesskit's own drivers
	list := []driver{
		{net: "slirp4netns", programs: []string{"slirp4netns"}, gateway: "10.0.2.2", resolver: "10.0.2.3", ipv6: true, follows: true, ports: true, deaf: true, source: true},
		{net: "slirp4netns:rootlesskit", programs: append(kit, "slirp4netns"), gateway: "10.0.2.2", resolver: "10.0.2.3", follows: true},
		{net: "pasta", programs: []string{"pasta"}, gateway: "10.0.2.2", resolver: "10.0.2.3", ipv6: true, ports: true, deaf: oldPasta(), source: true},
		{net: "pasta:rootlesskit", programs: append(kit, "pasta"), gateway: "10.0.2.2", resolver: "10.0.2.3", ipv6: true},
		{net: "gvisor", gateway: "10.0.2.2", resolver: "10.0.2.2", ipv6: true, follows: true, ports: true, source: true},
		{net: "gvisor:rootlesskit", programs: kit, gateway: "10.0.2.1", resolver: "10.0.2.1", simple: true, follows: true, ports: true},
		{net: "auto", gateway: "10.0.2.2", resolver: "10.0.2.2", ipv6: true, follows: true, ports: true, source: true},
	}
	// rootlesskit wants a pasta of June 2023 or later; a machine with one is among the virtual ones.
	return slices.DeleteFunc(list, func(d driver) bool { return d.net == "pasta:rootlesskit" && oldPasta() })
}

// each runs a test with every driver side by side, and skips those whose programs are not installed.
func each(t *testing.T, test func(t *testing.T, d driver)) {
	needs(t)
	for _, d := range drivers() {
		t.Run(d.net, func(t *testing.T) {
			d.needs(t)
			t.Parallel()
			test(t, d)
		})
	}
}

// needs skips a test of the driver where it cannot run.
func (d driver) needs(t *testing.T) {
	t.Helper()
	needs(t, d.programs...)
}

// with is the driver with one more option.
func (d driver) with(option string) driver {
	separator := ":"
	if strings.Contains(d.net, ":") {
		separator = ","
	}
	d.net += separator + option
	return d
}

// is tells whether it is one of those that are named, whoever starts it.
func (d driver) is(names ...string) bool {
	name, _, _ := strings.Cut(d.net, ":")
	return slices.Contains(names, name)
}

// run is urun with this driver: flags, then the command behind "--".
func (d driver) run(args ...string) *exec.Cmd {
	if d.lame() {
		args = append([]string{"--quiet"}, args...) // about its age
	}
	return d.loud(args...)
}

// loud is the same, with all that urun says.
func (d driver) loud(args ...string) *exec.Cmd {
	flags, command := split(args)
	line := slices.Concat([]string{"--net", d.net}, flags, []string{rootfs}, command)
	return exec.Command(urun, line...)
}

func split(args []string) (flags, command []string) {
	i := slices.Index(args, "--")
	return args[:i], args[i+1:]
}

// says runs a command and compares what it prints.
func (d driver) says(t testing.TB, want string, args ...string) {
	t.Helper()
	r := testenv.Finish(t, d.run(args...))
	if got := strings.TrimSuffix(r.Stdout, "\n"); got != want || r.Stderr != "" {
		t.Errorf("%v (exit status %d)\nsays %q\nwant %q\nstderr: %s", args, r.Status, got, want, r.Stderr)
	}
}

// web is what "probe lookup web.example.test" says.
func (d driver) web() string {
	if d.simple {
		return "web.example.test 192.0.2.1"
	}
	return "web.example.test 192.0.2.1 2001:db8::1"
}

// oldPasta tells of a pasta from before June 2023, such as Debian 12's: a connection that is refused hangs, and a port
// that is published at one address gets no data. It does not know its version.
var oldPasta = sync.OnceValue(func() bool {
	out, err := exec.Command("pasta", "--version").Output()
	return err == nil && strings.HasPrefix(string(out), "pasta unknown version")
})

// lame tells of a driver that runs an old pasta.
func (d driver) lame() bool { return d.is("pasta") && oldPasta() }

// hostRoot runs a command of the host's, not of the rootfs, in a container with this driver.
func (d driver) hostRoot(command ...string) *exec.Cmd {
	return exec.Command(urun, slices.Concat([]string{"--quiet", "--net", d.net, "--read-only", "/"}, command)...)
}
