package container

import (
	"net/netip"
	"strings"
	"syscall"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/network"
)

// makeNetwork adds what the container's first process does for its network, and tells
// the parent when the driver can be started.
func (l *launch) makeNetwork(p *forkexec.Program) {
	s := l.net.setup
	if s == nil {
		return
	}
	l.at.tap = len(p.Steps())
	if s.NeedsRules() {
		network.CloseLoopback(p, l.net.host.IPv6)
	}
	ready := func(why string) {
		p.Call(why, unix.SYS_SENDTO, forkexec.Control, []byte("N"), 1, unix.MSG_NOSIGNAL, 0, 0)
		l.at.netns = len(p.Steps()) - 1
	}
	if !s.MakesTap() {
		ready("the driver can enter the network namespace now")
		l.awaitNetwork(p)
		return
	}
	fd := network.MakeTap(p)
	if s.TakesTap() {
		network.SetAddresses(p, s.Addresses)
		sendFD(p, "the driver reads and writes the packets", fd)
		l.at.netns = len(p.Steps()) - 1
		p.Call("the driver has it now", unix.SYS_CLOSE, fd)
		return
	}
	p.Call("the driver opens it itself", unix.SYS_CLOSE, fd)
	if s.SetsAddresses() {
		network.SetAddresses(p, s.Addresses)
	}
	ready("the driver can take the device now")
}

// awaitNetwork has the child wait until the network carries packets: as late as can
// be, but for drivers that enter the child's mount namespace for programs of the host's.
func (l *launch) awaitNetwork(p *forkexec.Program) {
	s := l.net.setup
	if s == nil || l.at.connected != 0 {
		return
	}
	p.Wait("Connected: the command has a network from its first instruction on")
	l.at.connected = len(p.Steps()) - 1
	if s.SetsAddresses() && !s.MakesTap() {
		a := s.Addresses
		a.IP6 = netip.Addr{} // the kernel takes one from the driver's router advertisements
		network.SetAddresses(p, a)
	}
}

// tapFailed tells whether a step that makes the network has failed.
func (l *launch) tapFailed(step int) bool {
	return l.net.setup != nil && step >= l.at.tap && step <= l.at.netns
}

// openNetwork lets everyone inside listen at ports below 1024 and send pings: the
// network is the container's own. The files below /proc/sys/net are those of who opens
// them. Where they cannot be written, as in a container of Docker's, it stays as it is.
func (l *launch) openNetwork(p *forkexec.Program) {
	if !l.owns(specs.NetworkNamespace) || !l.owns(specs.UserNamespace) || l.opt.Extra == nil && !l.bare {
		return
	}
	for _, s := range []struct{ name, why, value string }{
		{"net.ipv4.ip_unprivileged_port_start", "every port of its own network is the container's", "0"},
		{"net.ipv4.ping_group_range", "every group may send pings", groupRange(l.ids.GIDs)},
	} {
		if _, asked := l.spec.Linux.Sysctl[s.name]; asked || s.value == "" {
			continue
		}
		fd := p.Call(s.why, unix.SYS_OPENAT, unix.AT_FDCWD, "/proc/sys/"+strings.ReplaceAll(s.name, ".", "/"), unix.O_WRONLY|unix.O_CLOEXEC)
		if l.at.opens = append(l.at.opens, fd); !l.opt.Strict {
			p.Tolerate(fd, masked...)
		}
		p.Tolerate(p.Call("write sysctl "+s.name+"="+s.value, unix.SYS_WRITE, fd, []byte(s.value), len(s.value)), unix.EBADF)
		p.Tolerate(p.Call("done", unix.SYS_CLOSE, fd), unix.EBADF)
	}
}

// masked is what opening a file of /proc/sys for writing gives where that is masked, as in a container of Docker's.
var masked = []syscall.Errno{unix.ENOENT, unix.EACCES, unix.EROFS}

// groupRange is all groups that exist inside (ping_group_range in ip_sysctl.rst); ""
// without any. The kernel compares them by the numbers that they have outside, where
// the caller's own comes first, which inside may be in the middle (--userns keep-id).
// It takes no group above 2^31-2.
func groupRange(maps []specs.LinuxIDMapping) string {
	if len(maps) == 0 {
		return ""
	}
	first, last := maps[0], maps[0]
	for _, m := range maps {
		if m.HostID < first.HostID {
			first = m
		}
		if m.HostID > last.HostID {
			last = m
		}
	}
	low, high := first.ContainerID, last.ContainerID+(last.Size-1)
	const most = 1<<31 - 2
	if high > most || high < low {
		return ""
	}
	return utoa(low) + " " + utoa(high)
}
