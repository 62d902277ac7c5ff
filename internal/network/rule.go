package network

import (
	"encoding/binary"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// CloseLoopback keeps packets for loopback addresses from the device. A socket that is
// bound to it (SO_BINDTODEVICE, IP_UNICAST_IF and IP_PKTINFO take no privilege) would
// send them out there, and slirp4netns and pasta connect to such an address on the host.
// What has CAP_NET_RAW inside can still write such packets itself.
func CloseLoopback(s RuleSteps, six bool) {
	sock := s.Call("rules of routing are set by netlink: rtnetlink(7)", unix.SYS_SOCKET, unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	prefixes := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	if six {
		prefixes = append(prefixes, netip.MustParsePrefix("::1/128"))
	}
	for _, p := range prefixes {
		message := unreachable(p)
		s.Call("nothing for "+p.String()+" leaves by "+Device+": a driver would connect to the host's", unix.SYS_SENDTO, sock, message, len(message), 0, 0, 0)
		answer := s.Data(make([]byte, 64))
		s.Call("the kernel's answer", unix.SYS_RECVFROM, sock, answer, 64, 0, 0, 0)
		// struct nlmsgerr behind struct nlmsghdr: 0 is an acknowledgement.
		s.Check("the rule is there", answer, unix.SizeofNlMsghdr, 0xffffffff, 0, syscall.EOPNOTSUPP)
	}
	s.Call("done", unix.SYS_CLOSE, sock)
}

// RuleSteps is [Steps] with memory that is looked at.
type RuleSteps interface {
	Steps
	// Data returns memory that starts as b; see mount.Steps.
	Data(b []byte) any
	// Check fails with errno unless the 64-bit word at offset of data, under mask, is want.
	Check(why string, data any, offset int, mask, want uint64, errno syscall.Errno)
}

// unreachable is the message for "ip rule add pref 1 to PREFIX oif tap0 unreachable".
func unreachable(p netip.Prefix) []byte {
	const (
		ruleHeader     = 12 // struct fib_rule_hdr of linux/fib_rules.h
		fraDst         = 1
		fraPriority    = 6
		fraOifname     = 17
		actUnreachable = 7
	)
	family := byte(unix.AF_INET)
	if p.Addr().Is6() {
		family = unix.AF_INET6
	}
	le := binary.LittleEndian
	b := make([]byte, unix.SizeofNlMsghdr+ruleHeader)
	le.PutUint16(b[4:], unix.RTM_NEWRULE)
	le.PutUint16(b[6:], unix.NLM_F_REQUEST|unix.NLM_F_ACK|unix.NLM_F_CREATE|unix.NLM_F_EXCL)
	le.PutUint32(b[8:], 1) // sequence number
	rule := b[unix.SizeofNlMsghdr:]
	rule[0], rule[1], rule[7] = family, byte(p.Bits()), actUnreachable
	attribute := func(kind uint16, value []byte) {
		head := make([]byte, 4)
		le.PutUint16(head, uint16(4+len(value)))
		le.PutUint16(head[2:], kind)
		b = append(append(b, head...), value...)
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
	}
	attribute(fraDst, p.Addr().AsSlice())
	attribute(fraOifname, append([]byte(Device), 0))
	attribute(fraPriority, []byte{1, 0, 0, 0})
	le.PutUint32(b, uint32(len(b)))
	return b
}
