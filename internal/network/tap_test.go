package network

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// recorder is Steps that are looked at instead of being carried out.
type recorder []string

// result is the number of a step.
type result int

func (r *recorder) Call(_ string, trap uintptr, args ...any) any {
	words := []string{map[uintptr]string{unix.SYS_OPENAT: "openat", unix.SYS_IOCTL: "ioctl", unix.SYS_SOCKET: "socket", unix.SYS_CLOSE: "close", unix.SYS_WRITE: "write"}[trap]}
	for i, a := range args {
		switch a := a.(type) {
		case []byte:
			words = append(words, dump(a))
		case result:
			words = append(words, fmt.Sprintf("$%d", a))
		default:
			if trap == unix.SYS_IOCTL && i == 1 {
				a = fmt.Sprintf("%#x", a)
			}
			words = append(words, fmt.Sprint(a))
		}
	}
	*r = append(*r, strings.Join(words, " "))
	return result(len(*r) - 1)
}

func (r *recorder) Tolerate(at any, on ...syscall.Errno) {
	for _, e := range on {
		(*r)[at.(result)] += " !" + unix.ErrnoName(e)
	}
}

// dump prints memory in hexadecimal, four bytes a word; a word of 0 is a dot.
func dump(b []byte) string {
	var words []string
	for i := 0; i < len(b); i += 4 {
		word := hex.EncodeToString(b[i:min(i+4, len(b))])
		if word == "00000000" {
			word = "."
		}
		words = append(words, word)
	}
	return "[" + strings.Join(words, " ") + "]"
}

// The numbers and the bytes are written down here as the kernel's headers have them: linux/if_tun.h, linux/sockios.h,
// linux/if.h, linux/route.h, linux/ipv6.h and linux/ipv6_route.h. tap0 is 74617030, its index 100 is 64.
const (
	makesTap = `
openat -100 /dev/net/tun 524290
ioctl $0 0x400454da [64000000]
ioctl $0 0x400454ca [74617030 . . . 02100000 . . . . .]
ioctl $0 0x400454cb 1
`
	setsFour = `
socket 2 524290 0
ioctl $0 0x8922 [74617030 . . . dc050000 . . . . .]
ioctl $0 0x8916 [74617030 . . . 02000000 0a090064 . . . .]
ioctl $0 0x891c [74617030 . . . 02000000 ffff8000 . . . .]
ioctl $0 0x8914 [74617030 . . . 41000000 . . . . .]
ioctl $0 0x890b [. . 02000000 . . . 02000000 0a090002 . . 02000000 . . . 03000000 . . . . . . . . . . . . . . .]
close $0
`
	setsSix = `
socket 2 524290 0
ioctl $0 0x8922 [74617030 . . . 007d0000 . . . . .]
ioctl $0 0x8916 [74617030 . . . 02000000 0a000264 . . . .]
ioctl $0 0x891c [74617030 . . . 02000000 ffffff00 . . . .]
openat -100 /proc/sys/net/ipv6/conf/tap0/accept_dad 524289 !ENOENT !EACCES !EPERM !EROFS
write $4 [30] 1 !EBADF
close $4 !EBADF
openat -100 /proc/sys/net/ipv6/conf/tap0/accept_ra 524289 !ENOENT !EACCES !EPERM !EROFS
write $7 [30] 1 !EBADF
close $7 !EBADF
ioctl $0 0x8914 [74617030 . . . 41000000 . . . . .]
ioctl $0 0x890b [. . 02000000 . . . 02000000 0a000202 . . 02000000 . . . 03000000 . . . . . . . . . . . . . . .]
close $0
socket 10 524290 0 !EAFNOSUPPORT
ioctl $13 0x8916 [fd000000 . . 00000100 40000000 64000000] !EBADF !EACCES !EPERM
ioctl $13 0x890b [. . . . . . . . fd000000 . . 00000002 . . 00040000 . . . 03000000 64000000] !EBADF !EACCES !EPERM
close $13 !EBADF
`
)

func TestTheDeviceIsMadeByTheseCalls(t *testing.T) {
	var r recorder
	if fd := MakeTap(&r); fd != result(0) {
		t.Errorf("the device's descriptor is of step %v", fd)
	}
	compare(t, "MakeTap", r, makesTap)

	r = nil
	SetAddresses(&r, addresses(Wish{Subnet: netip.MustParsePrefix("10.9.1.0/17"), MTU: 1500}, Pasta, false))
	compare(t, "IPv4", r, setsFour)

	r = nil
	SetAddresses(&r, addresses(Wish{}, Slirp4netns, true))
	compare(t, "both families", r, setsSix)
}

func compare(t *testing.T, what string, got recorder, want string) {
	t.Helper()
	lines := strings.Split(strings.Trim(want, "\n"), "\n")
	for i, line := range got {
		if i >= len(lines) || line != lines[i] {
			t.Fatalf("%s: step %d is\n%s, want\n%s", what, i, line, strings.Join(lines[min(i, len(lines)):min(i+1, len(lines))], ""))
		}
	}
	if len(got) != len(lines) {
		t.Errorf("%s: %d steps, want %d", what, len(got), len(lines))
	}
}

func TestNetmasks(t *testing.T) {
	for bits, want := range map[int]string{8: "255.0.0.0", 16: "255.255.0.0", 17: "255.255.128.0", 24: "255.255.255.0", 25: "255.255.255.128"} {
		if got := mask(bits).String(); got != want {
			t.Errorf("%d bits: %s, want %s", bits, got, want)
		}
	}
}
