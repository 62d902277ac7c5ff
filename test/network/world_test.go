package network

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// networks is run by root of the new user namespace.
//
//	host   192.0.2.2  2001:db8::2    where urun runs; sends what it does not know to the world
//	world  192.0.2.1  2001:db8::1    also 192.0.2.9, a second name server; nothing beyond it: 198.51.100.0/24 is unreachable
//
// /etc is a directory of links into the real one, so that what is in it can be changed, and /run is empty: the tests
// find no systemd, and see what urun leaves there. Both name servers know the same names, but who.example.test is the
// one that is asked.
const networks = `set -e
mount -t tmpfs -o mode=755 none /run
mkdir -p /run/etc /run/netns /run/user/0 /run/home
chmod 700 /run/user/0
mount --rbind /etc /run/etc
` + etc + `
ip netns add world
ip link set lo up
ip link add host0 type veth peer name world0 netns world
ip addr add 192.0.2.2/24 dev host0
ip addr add 2001:db8::2/64 dev host0 nodad
ip link set host0 up
ip -n world link set lo up
ip -n world addr add 192.0.2.1/24 dev world0
ip -n world addr add 192.0.2.9/24 dev world0
ip -n world addr add 2001:db8::1/64 dev world0 nodad
ip -n world link set world0 up
ip -n world route add unreachable 198.51.100.0/24
ip -n world route add default dev lo
nsenter --net=/run/netns/world sh -c 'cd /proc/sys/net/ipv4; echo 1 >ip_forward; echo 0 >icmp_ratelimit'
ip route add default via 192.0.2.1
ip route add unreachable 203.0.113.0/24
ip route add default via 2001:db8::1
many=$(seq -f --host-record=many.example.test,10.20.30.%g 120) # more than fits into one datagram
for server in 192.0.2.1 192.0.2.9; do
	nsenter --net=/run/netns/world dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --pid-file= --user=root --group= \
		--bind-interfaces --listen-address=$server --local=/#/ $many --host-record=web.example.test,192.0.2.1,2001:db8::1 \
		--host-record=short.search.test,192.0.2.7 --host-record=who.example.test,$server
done
`

// etc makes the host's /etc.
const etc = `mount -t tmpfs -o mode=755 none /etc
for f in /run/etc/*; do ln -s "$f" /etc/; done
rm -f /etc/resolv.conf /etc/hosts /etc/hostname
echo nameserver 192.0.2.1 >/etc/resolv.conf
echo 127.0.0.1 localhost >/etc/hosts`

// first makes the networks, runs the tests in the host's and takes over the orphans.
func first() int {
	if out, err := exec.Command("sh", "-c", networks).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "make the networks: %v: %s", err, out)
		return 1
	}
	// Makes the mount points in the rootfs, which other users cannot.
	if out, err := exec.Command(urun, rootfs, "true").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "the first container: %v: %s", err, out)
		return 1
	}
	tests, err := os.StartProcess("/proc/self/exe", os.Args, &os.ProcAttr{
		Env:   append(os.Environ(), "HOME=/run/home", "XDG_RUNTIME_DIR=/run/user/0", "XDG_STATE_HOME=/run/home"),
		Files: []*os.File{os.Stdin, os.Stdout, os.Stderr},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for {
		var ended syscall.WaitStatus
		switch pid, err := syscall.Wait4(-1, &ended, 0, nil); {
		case err != nil && err != syscall.EINTR:
			fmt.Fprintln(os.Stderr, "wait for the tests:", err)
			return 1
		case pid == tests.Pid && ended.Signaled():
			return 128 + int(ended.Signal())
		case pid == tests.Pid && ended.Exited():
			return ended.ExitStatus()
		}
	}
}

// world is a command that runs beyond the host.
func world(args ...string) *exec.Cmd {
	return exec.Command("nsenter", append([]string{"--net=/run/netns/world", "--"}, args...)...)
}

// host is a command that runs on the host, where urun does.
func host(args ...string) *exec.Cmd { return exec.Command(args[0], args[1:]...) }

// user is a command that a user of the host runs, who is not its root; the runtime directory of these tests is root's.
func user(args ...string) *exec.Cmd {
	line := strings.Fields("-u XDG_RUNTIME_DIR setpriv --reuid=1000 --regid=1000 --clear-groups --")
	return exec.Command("env", append(line, args...)...)
}

// altered runs a command on a host with an /etc of its own, after a shell script has changed that or what is mounted.
func altered(change string, c *exec.Cmd) *exec.Cmd {
	script := "set -e\n" + etc + "\n" + change + "\n" + `exec "$@"`
	a := exec.Command("unshare", append([]string{"--mount", "sh", "-c", script, "sh"}, c.Args...)...)
	a.Env = c.Env
	return a
}
