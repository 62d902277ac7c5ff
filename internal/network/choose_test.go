package network

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// host is a machine with these of the programs: s, slirp4netns; p, pasta; o, a pasta too old; u, one that does not
// tell its age; n, urun-netstack; e, nsenter.
func host(has string) HostFacts {
	h := HostFacts{IPv6: true}
	for _, c := range has {
		switch c {
		case 's':
			h.Slirp = "/usr/bin/slirp4netns"
		case 'p':
			h.Pasta, h.PastaAge = "/usr/bin/pasta", oldestPasta
		case 'o':
			h.Pasta, h.PastaAge = "/usr/bin/pasta", "20230626"
		case 'u':
			h.Pasta = "/usr/bin/pasta"
		case 'n':
			h.Stack = "/usr/local/bin/urun-netstack"
		case 'e':
			h.Nsenter = true
		}
	}
	return h
}

func noTun(errno error) HostFacts {
	h := host("spne")
	h.Tun = &os.PathError{Op: "open", Path: "/dev/net/tun", Err: errno}
	return h
}

func TestTheDriversThatAreTried(t *testing.T) {
	published := []Port{{Proto: "tcp", HostPort: 8080, ContainerPort: 80}}
	builtin := Wish{PortHandler: RootlesskitPorts, Ports: published}
	foreign := Wish{Rootlesskit: true}
	six := []Port{published[0], {Proto: "tcp", HostIP: netip.IPv6Loopback(), HostPort: 8080, ContainerPort: 80}}
	const gone = " is not installed"
	for _, tt := range []struct {
		name string
		mode Mode
		wish Wish
		host HostFacts
		want string // the drivers, or the error
	}{
		{"everything", Auto, Wish{}, host("spne"), "gvisor slirp4netns pasta"},
		{"slirp4netns alone", Auto, Wish{}, host("s"), "slirp4netns"},
		{"pasta alone", Auto, Wish{}, host("p"), "pasta"},
		{"the stack alone", Auto, Wish{}, host("n"), "gvisor"},
		{"pasta and the stack", Auto, Wish{}, host("pn"), "gvisor pasta"},
		{"an old pasta beside slirp4netns", Auto, Wish{}, host("so"), "slirp4netns"},
		{"a pasta of unknown age beside slirp4netns", Auto, Wish{}, host("su"), "slirp4netns"},
		{"an old pasta beside the stack", Auto, Wish{}, host("on"), "gvisor"},
		{"an old pasta alone", Auto, Wish{}, host("o"), "urun-netstack" + gone + ", slirp4netns" + gone + ", pasta 20230626 is too old; it takes 20230627"},
		{"a pasta of unknown age alone", Auto, Wish{}, host("u"), "urun-netstack" + gone + ", slirp4netns" + gone + ", pasta is too old; it takes 20230627"},
		{"nothing", Auto, Wish{}, host(""), "urun-netstack" + gone + ", slirp4netns" + gone + ", pasta" + gone},
		{"no device", Auto, Wish{}, noTun(unix.ENOENT), "open /dev/net/tun: no such file or directory"},
		{"a device for others", Auto, Wish{}, noTun(unix.EACCES), "open /dev/net/tun: permission denied"},

		{"named, there", Slirp4netns, Wish{}, host("spne"), "slirp4netns"},
		{"named, there", Pasta, Wish{}, host("spne"), "pasta"},
		{"named, there", Gvisor, Wish{}, host("spne"), "gvisor"},
		{"named, missing", Slirp4netns, Wish{}, host("pne"), "slirp4netns" + gone},
		{"named, missing", Pasta, Wish{}, host("sne"), "pasta" + gone},
		{"named, missing", Gvisor, Wish{}, host("spe"), "urun-netstack" + gone},
		{"named, an old one is what was asked for", Pasta, Wish{}, host("o"), "pasta"},
		{"named, no device", Gvisor, Wish{}, noTun(unix.ENOENT), "open /dev/net/tun: no such file or directory"},

		{"rootlesskit's", Slirp4netns, foreign, host("s"), "slirp4netns"},
		{"rootlesskit's", Pasta, foreign, host("p"), "pasta"},
		{"rootlesskit's, an old one", Pasta, foreign, host("o"), "pasta 20230626 is too old; it takes 20230627"},
		{"rootlesskit's", Gvisor, foreign, host("ne"), "gvisor"},
		{"rootlesskit's, which enters", Gvisor, foreign, host("n"), "nsenter" + gone},

		{"builtin ports", Slirp4netns, builtin, host("sne"), "slirp4netns"},
		{"builtin ports, without the stack", Slirp4netns, builtin, host("se"), "urun-netstack" + gone},
		{"builtin ports, without nsenter", Slirp4netns, builtin, host("sn"), "nsenter" + gone},
		{"builtin ports", Auto, builtin, host("spne"), "gvisor slirp4netns pasta"},
		{"builtin ports, and none is published", Slirp4netns, Wish{PortHandler: RootlesskitPorts}, host("se"), "slirp4netns"},

		{"a port at an IPv6 address", Slirp4netns, Wish{Ports: six}, host("spn"), "slirp4netns listens at no IPv6 address; write --net slirp4netns:port_handler=rootlesskit, or choose another driver"},
		{"a port at an IPv6 address, builtin", Slirp4netns, Wish{Ports: six, PortHandler: RootlesskitPorts}, host("sne"), "slirp4netns"},
		{"a port at an IPv6 address", Pasta, Wish{Ports: six}, host("p"), "pasta"},
		{"a port at an IPv6 address", Auto, Wish{Ports: six}, host("spn"), "gvisor pasta"},

		{"none is wanted", None, Wish{}, noTun(unix.ENOENT), ""},
		{"none is wanted", Host, Wish{}, host(""), ""},
		{"none is wanted", Container, Wish{}, host(""), ""},
		{"none is wanted", "", Wish{}, host(""), ""},
	} {
		tt.wish.Mode = tt.mode
		drivers, err := Choose(tt.wish, tt.host)
		got := strings.Trim(fmt.Sprint(drivers), "[]")
		if err != nil {
			got = err.Error()
		}
		if got != tt.want || err != nil && drivers != nil {
			t.Errorf("%s, %s: got %s, %v, want %s", tt.mode, tt.name, got, err, tt.want)
		}
	}
}

// What is told to the user hangs on the kind of error and on the errno.
func TestWhyThereIsNoDriver(t *testing.T) {
	_, err := Choose(Wish{Mode: Auto}, noTun(unix.EACCES))
	var missing *MissingError
	if !errors.As(err, &missing) || missing.Program != "" || !errors.Is(err, unix.EACCES) {
		t.Errorf("no device: %#v", err)
	}
	_, err = Choose(Wish{Mode: Auto}, host("o"))
	var none *NoneError
	var old *OldError
	if !errors.As(err, &none) || len(none.Causes) != 3 || !errors.As(none.Causes[2], &old) || *old != (OldError{"pasta", "20230626", "20230627"}) {
		t.Errorf("nothing that works: %#v", err)
	}
	_, err = Choose(Wish{Mode: Gvisor}, host(""))
	if !errors.As(err, &missing) || *missing != (MissingError{Mode: Gvisor, Program: "urun-netstack"}) || missing.Unwrap() != nil {
		t.Errorf("a program: %#v", err)
	}
}

func TestVersionsOfPasta(t *testing.T) {
	for line, want := range map[string]string{
		"pasta 2024_06_24.1ee2eca":            "20240624",
		"pasta 0.0~git20240624.1ee2eca-1":     "20240624",
		"pasta 0.0~git20230309.7c7625d-1":     "20230309",
		"pasta 2025_05_03.587980c-1.fc42":     "20250503",
		"passt 2023_06_27.289301b":            "20230627",
		"pasta 20240624":                      "20240624",
		"pasta unknown version":               "",
		"pasta":                               "",
		"":                                    "",
		"pasta 1.2.3":                         "",
		"pasta 2024_06_2x.1ee2eca":            "",
		"pasta v2024_06_24.1ee2eca":           "",
		"pasta 0.0~git202406241.1ee2eca":      "",
		"/usr/bin/pasta: not found 20240624.": "",
	} {
		got := age(line)
		if got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
		if h := (HostFacts{PastaAge: got}); h.PastaWorks() != (want >= "20230627") {
			t.Errorf("%q: works %v", line, h.PastaWorks())
		}
	}
}

func TestAddressesInside(t *testing.T) {
	const (
		six     = " fd00::100 fd00::2 fd00::3"
		without = " invalid IP invalid IP invalid IP"
	)
	wish := func(s string) Wish {
		var w Wish
		if err := w.ParseMode(s); err != nil {
			t.Fatal(err)
		}
		return w
	}
	for _, tt := range []struct {
		wish   string
		driver Mode
		ipv6   bool
		want   string
	}{
		{"auto", Slirp4netns, true, "32000 10.0.2.100/24 10.0.2.2 10.0.2.3" + six},
		{"auto", Pasta, true, "65520 10.0.2.100/24 10.0.2.2 10.0.2.3" + six},
		{"auto", Slirp4netns, false, "32000 10.0.2.100/24 10.0.2.2 10.0.2.3" + without},
		{"auto:ipv6=false", Slirp4netns, true, "32000 10.0.2.100/24 10.0.2.2 10.0.2.3" + without},
		{"auto:mtu=1279", Slirp4netns, true, "1279 10.0.2.100/24 10.0.2.2 10.0.2.3" + without},
		{"auto:mtu=1280", Slirp4netns, true, "1280 10.0.2.100/24 10.0.2.2 10.0.2.3" + six},
		{"auto", Gvisor, true, "65520 10.0.2.100/24 10.0.2.2 10.0.2.2 fd00::100 fd00::2 invalid IP"}, // one name server for both families
		{"auto:ipv6=false", Gvisor, true, "65520 10.0.2.100/24 10.0.2.2 10.0.2.2" + without},
		{"auto", Gvisor, false, "65520 10.0.2.100/24 10.0.2.2 10.0.2.2" + without},
		{"gvisor:rootlesskit", Gvisor, true, "65520 10.0.2.100/24 10.0.2.1 10.0.2.1" + without},
		{"slirp4netns:rootlesskit", Slirp4netns, true, "32000 10.0.2.100/24 10.0.2.2 10.0.2.3" + six},
		{"auto:cidr=10.0.0.0/8", Pasta, false, "65520 10.0.0.100/8 10.0.0.2 10.0.0.3" + without},
		{"auto:cidr=192.168.7.128/25", Pasta, false, "65520 192.168.7.228/25 192.168.7.130 192.168.7.131" + without},
	} {
		a := NewSetup(tt.driver, wish(tt.wish), HostFacts{IPv6: tt.ipv6}).Addresses
		got := fmt.Sprintf("%d %s/%d %s %s %s %s %s", a.MTU, a.IP, a.Bits, a.Gateway, a.DNS, a.IP6, a.Gateway6, a.DNS6)
		if got != tt.want || a.Device != "tap0" {
			t.Errorf("%s for %s: got %s, want %s", tt.wish, tt.driver, got, tt.want)
		}
	}
}

// Who makes the device, who configures it, and what a driver needs for that.
func TestWhoDoesWhat(t *testing.T) {
	ports := []Port{{Proto: "tcp", HostPort: 8080, ContainerPort: 80}}
	for _, tt := range []struct {
		mode Mode
		wish Wish
		want string
		does string
	}{
		{Slirp4netns, Wish{}, "makes sets", "/usr/bin/slirp4netns … --disable-host-loopback PID tap0"},
		{Slirp4netns, Wish{Ports: ports}, "makes sets state", "/usr/bin/slirp4netns … --api-socket=DIR/s PID tap0 to publish 0.0.0.0:8080->80/tcp"},
		{Pasta, Wish{}, "makes state", "/usr/bin/pasta … --udp-ports=none PID"},
		{Gvisor, Wish{}, "makes takes sets early", "/usr/local/bin/urun-netstack with the device…"},
		{Gvisor, Wish{Ports: ports}, "makes takes sets early state", "/usr/local/bin/urun-netstack with the device… to publish 0.0.0.0:8080->80/tcp"},
		{Slirp4netns, Wish{Rootlesskit: true}, "sets state enters", "rootlesskit's driver for slirp4netns"},
		{Pasta, Wish{Rootlesskit: true}, "state enters", "rootlesskit's driver for pasta"},
		{Gvisor, Wish{Rootlesskit: true}, "inside state enters", "rootlesskit's driver for gvisor"},
		{Pasta, Wish{PortHandler: RootlesskitPorts}, "makes state", "/usr/bin/pasta … --udp-ports=none PID"},
		{Pasta, Wish{PortHandler: RootlesskitPorts, Ports: ports}, "makes inside state", "/usr/bin/pasta … --udp-ports=none PID and /usr/local/bin/urun-netstack for ports to publish 0.0.0.0:8080->80/tcp"},
		{Gvisor, Wish{PortHandler: RootlesskitPorts, Ports: ports}, "makes takes sets inside state", "/usr/local/bin/urun-netstack with the device… to publish 0.0.0.0:8080->80/tcp"},
	} {
		s := NewSetup(tt.mode, tt.wish, host("spne"))
		var got []string
		for _, does := range []struct {
			what string
			it   bool
		}{{"makes", s.MakesTap()}, {"takes", s.TakesTap()}, {"sets", s.SetsAddresses()}, {"early", s.EarlyStack()}, {"inside", s.Inside()}, {"state", s.NeedsState()}, {"enters", s.Enters()}} {
			if does.it {
				got = append(got, does.what)
			}
		}
		begins, ends, _ := strings.Cut(tt.does, "…")
		if does := s.Does(); strings.Join(got, " ") != tt.want || !strings.HasPrefix(does, begins) || !strings.HasSuffix(does, ends) {
			t.Errorf("%s, %+v: got %q, %q, want %q, %q", tt.mode, tt.wish, got, s.Does(), tt.want, tt.does)
		}
	}
}
