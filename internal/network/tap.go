package network

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Steps is where a plan is written down, one system call after another.
type Steps interface {
	// Call adds a system call; see mount.Steps.
	Call(why string, trap uintptr, args ...any) any
	// Tolerate lets the call that gave result fail with one of these errnos.
	Tolerate(result any, on ...syscall.Errno)
}

// deviceIndex is the device's ifindex, chosen so that IPv6's system calls, which take
// it, can be written down before there is a device. The kernel counts up from 1; some
// modules put their own devices into each new namespace, but not so many.
const deviceIndex = 100

// MakeTap makes the device, in the network namespace of the process that carries out
// the steps and with CAP_NET_ADMIN over it. What it returns stands for the device's
// descriptor: whoever holds it is the other end of the cable.
func MakeTap(s Steps) (fd any) {
	fd = s.Call("a device whose packets a program carries", unix.SYS_OPENAT, unix.AT_FDCWD, tunDevice, unix.O_RDWR|unix.O_CLOEXEC)
	index := make([]byte, 4)
	binary.LittleEndian.PutUint32(index, deviceIndex)
	s.Call("its number, which IPv6 asks for", unix.SYS_IOCTL, fd, unix.TUNSETIFINDEX, index)
	ifr := ifreq()
	binary.LittleEndian.PutUint16(ifr[16:], unix.IFF_TAP|unix.IFF_NO_PI)
	s.Call("in this network namespace: "+Device, unix.SYS_IOCTL, fd, unix.TUNSETIFF, ifr)
	// So another program can take it by its name, and whoever closes the last descriptor
	// need not wait until the kernel has removed it: it goes with the namespace.
	s.Call("it stays when the descriptor is closed", unix.SYS_IOCTL, fd, unix.TUNSETPERSIST, 1)
	return fd
}

// SetAddresses configures the device: netdevice(7), rtnetlink is not needed.
func SetAddresses(s Steps, a Addresses) {
	sock := s.Call("any socket can configure a device", unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	mtu := ifreq()
	binary.LittleEndian.PutUint32(mtu[16:], uint32(a.MTU))
	s.Call("MTU "+strconv.Itoa(a.MTU), unix.SYS_IOCTL, sock, unix.SIOCSIFMTU, mtu)
	s.Call("address "+a.IP.String(), unix.SYS_IOCTL, sock, unix.SIOCSIFADDR, ifreqAddr(a.IP))
	s.Call("of a network with "+strconv.Itoa(a.Bits)+" bits", unix.SYS_IOCTL, sock, unix.SIOCSIFNETMASK, ifreqAddr(mask(a.Bits)))
	six := a.IP6.IsValid()
	if six {
		prepareIPv6(s)
	}
	up := ifreq()
	binary.LittleEndian.PutUint16(up[16:], unix.IFF_UP|unix.IFF_RUNNING)
	s.Call("the device carries packets", unix.SYS_IOCTL, sock, unix.SIOCSIFFLAGS, up)
	s.Call("everything else is beyond "+a.Gateway.String(), unix.SYS_IOCTL, sock, unix.SIOCADDRT, route(a.Gateway))
	s.Call("done", unix.SYS_CLOSE, sock)
	if six {
		setIPv6(s, a)
	}
}

// What happens in a kernel without IPv6, in a namespace for which it was switched off,
// or with a /proc/sys that cannot be written: IPv4 will do then.
var (
	noSysctl = []syscall.Errno{unix.ENOENT, unix.EACCES, unix.EPERM, unix.EROFS}
	noSocket = []syscall.Errno{unix.EBADF}
	noIPv6   = []syscall.Errno{unix.EBADF, unix.EACCES, unix.EPERM}
)

// prepareIPv6 keeps the kernel from waiting a second for someone else to claim the
// address, and from taking another one from the driver's router advertisements.
func prepareIPv6(s Steps) {
	for _, c := range []struct{ why, file string }{
		{"nobody else is there to have the same address", "accept_dad"},
		{"the addresses are set here", "accept_ra"},
	} {
		fd := s.Call(c.why, unix.SYS_OPENAT, unix.AT_FDCWD, "/proc/sys/net/ipv6/conf/"+Device+"/"+c.file, unix.O_WRONLY|unix.O_CLOEXEC)
		s.Tolerate(fd, noSysctl...)
		s.Tolerate(s.Call("so "+c.file+" is 0", unix.SYS_WRITE, fd, []byte("0"), 1), noSocket...)
		s.Tolerate(s.Call("done", unix.SYS_CLOSE, fd), noSocket...)
	}
}

func setIPv6(s Steps, a Addresses) {
	sock := s.Call("IPv6 has its own", unix.SYS_SOCKET, unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	s.Tolerate(sock, unix.EAFNOSUPPORT)
	// struct in6_ifreq of linux/ipv6.h: address, length of the prefix, ifindex.
	addr := make([]byte, 24)
	copy(addr, a.IP6.AsSlice())
	binary.LittleEndian.PutUint32(addr[16:], Bits6)
	binary.LittleEndian.PutUint32(addr[20:], deviceIndex)
	s.Tolerate(s.Call("address "+a.IP6.String(), unix.SYS_IOCTL, sock, unix.SIOCSIFADDR, addr), noIPv6...)
	// struct in6_rtmsg of linux/ipv6_route.h: all zero is the default route.
	route := make([]byte, 80)
	copy(route[32:], a.Gateway6.AsSlice())
	binary.LittleEndian.PutUint32(route[56:], 1024) // metric
	binary.LittleEndian.PutUint32(route[72:], unix.RTF_UP|unix.RTF_GATEWAY)
	binary.LittleEndian.PutUint32(route[76:], deviceIndex)
	s.Tolerate(s.Call("everything else is beyond "+a.Gateway6.String(), unix.SYS_IOCTL, sock, unix.SIOCADDRT, route), noIPv6...)
	s.Tolerate(s.Call("done", unix.SYS_CLOSE, sock), noSocket...)
}

// ifreq is struct ifreq of netdevice(7): the device's name, then a union.
func ifreq() []byte {
	b := make([]byte, 40)
	copy(b, Device)
	return b
}

func ifreqAddr(ip netip.Addr) []byte {
	b := ifreq()
	putSockaddr(b[16:], ip)
	return b
}

// putSockaddr writes struct sockaddr_in.
func putSockaddr(b []byte, ip netip.Addr) {
	binary.LittleEndian.PutUint16(b, unix.AF_INET)
	copy(b[4:], ip.AsSlice())
}

// route is struct rtentry of linux/route.h: a default route.
func route(gateway netip.Addr) []byte {
	b := make([]byte, 120)
	zero := netip.IPv4Unspecified()
	putSockaddr(b[8:], zero)     // rt_dst
	putSockaddr(b[24:], gateway) // rt_gateway
	putSockaddr(b[40:], zero)    // rt_genmask
	binary.LittleEndian.PutUint16(b[56:], unix.RTF_UP|unix.RTF_GATEWAY)
	return b
}

func mask(bits int) netip.Addr {
	m := ^uint32(0) << (32 - bits)
	return netip.AddrFrom4([4]byte{byte(m >> 24), byte(m >> 16), byte(m >> 8), byte(m)})
}
