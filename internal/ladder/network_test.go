package ladder

import (
	"errors"
	"syscall"
	"testing"

	"github.com/urun-project/urun/internal/network"
)

func TestANetworkThatCannotBeHadSaysWhoCanMendIt(t *testing.T) {
	lacks := func(m network.Mode, program string) error { return &network.MissingError{Mode: m, Program: program} }
	device := func(errno syscall.Errno) error { return &network.MissingError{Mode: network.Gvisor, Tun: tun(errno)} }
	for _, tt := range []struct {
		mode   network.Mode
		err    error
		within string
		want   string
	}{
		{network.Auto, &network.NoneError{Causes: []error{lacks(network.Pasta, "pasta")}}, "", "ports cannot be published without a network: pasta is not installed; an administrator can install slirp4netns or a newer passt, or you put urun-netstack beside urun"},
		{network.Gvisor, device(syscall.ENOENT), "", "--net gvisor: there is no /dev/net/tun; an administrator can load the module (modprobe tun), or in a container whoever started that can give it the device (--device /dev/net/tun)"},
		{network.Gvisor, device(syscall.ENOENT), "urun", "--net gvisor: there is no /dev/net/tun here; whoever starts the container around this one can give it the device (--device /dev/net/tun)"},
		{network.Gvisor, device(syscall.EACCES), "", "--net gvisor: /dev/net/tun cannot be opened by you (permission denied); an administrator can give it mode 0666, as distributions do"},
		{network.Gvisor, device(syscall.ENOTTY), "", "--net gvisor: /dev/net/tun is not the tun device; whoever started this session can put that there"},
		{network.Slirp4netns, lacks(network.Slirp4netns, "slirp4netns"), "", "--net slirp4netns: slirp4netns is not installed; an administrator can install the package slirp4netns; --net chooses another driver"},
		{network.Pasta, lacks(network.Pasta, "pasta"), "", "--net pasta: pasta is not installed; an administrator can install the package passt; --net chooses another driver"},
		{network.Gvisor, lacks(network.Gvisor, "urun-netstack"), "", "--net gvisor: urun-netstack is not installed; you can put it beside urun, where make install puts it"},
		{network.Gvisor, lacks(network.Gvisor, "nsenter"), "", "--net gvisor: nsenter is not installed; an administrator can install the package util-linux"},
		{network.Pasta, &network.OldError{Program: "pasta", Has: "20230309", Wants: "20230627"}, "", "--net pasta: pasta 20230309 is too old; it takes 20230627; an administrator can install a newer one; --net chooses another driver"},
		{network.Slirp4netns, &network.UnableError{Mode: network.Slirp4netns, What: "listens at no IPv6 address", Else: "something else"}, "", "--net slirp4netns: slirp4netns listens at no IPv6 address; write something else"},
		{network.Pasta, errors.New("what\nnobody knows"), "", "--net pasta: what nobody knows"},
	} {
		err := error(&NetworkError{network.Wish{Mode: tt.mode}, tt.err, tt.within})
		if err.Error() != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("got\n%s, want\n%s", err, tt.want)
		}
	}
}
