package netstack

import (
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

// serverPatience is less than the five seconds that a resolver inside waits for its one name server, with time for a second one.
const serverPatience = 2 * time.Second

// resolver knows what the host's files say now: they change when a laptop changes its network or a VPN comes up.
type resolver struct {
	resolvConf followed[[]string]
	hostsFile  followed[hosts]
	good       atomic.Int32 // the name server that answered last
}

func defaultResolver() *resolver { return newResolver("/etc/resolv.conf", "/etc/hosts") }

func newResolver(resolvConf, hostsFile string) *resolver {
	return &resolver{
		resolvConf: followed[[]string]{path: resolvConf, read: readServers},
		hostsFile:  followed[hosts]{path: hostsFile, read: readHosts},
	}
}

func (r *resolver) servers() []string { return r.resolvConf.now() }

// readServers has the address of each name server. Without any it is the host itself, as resolv.conf(5) has it.
func readServers(path string) []string {
	conf, err := dns.ClientConfigFromFile(path)
	if err != nil || len(conf.Servers) == 0 {
		return []string{"127.0.0.1:53"}
	}
	var servers []string
	for _, s := range conf.Servers {
		servers = append(servers, net.JoinHostPort(s, conf.Port))
	}
	return servers
}

// followed is what a file says, read again whenever it is another file or has changed.
type followed[T any] struct {
	path string
	read func(path string) T

	mu    sync.Mutex
	state os.FileInfo
	known bool
	value T
}

func (f *followed[T]) now() T {
	f.mu.Lock()
	defer f.mu.Unlock()
	state, _ := os.Stat(f.path) // nil when there is none, which is a state as well
	if !f.known || !same(state, f.state) {
		f.state, f.known, f.value = state, true, f.read(f.path)
	}
	return f.value
}

func same(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}
