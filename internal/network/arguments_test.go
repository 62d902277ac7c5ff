package network

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

// args are a wish's arguments for a driver of ours.
func args(t *testing.T, m Mode, w Wish) string {
	t.Helper()
	d, err := NewSetup(m, w, HostFacts{IPv6: true, Slirp: "/usr/bin/slirp4netns", Pasta: "/usr/bin/pasta"}).driver(nil, -1)
	if err != nil {
		t.Fatal(err)
	}
	switch d := d.(type) {
	case *slirp4netns:
		return strings.Join(d.arguments(4711, d.socket("/run/c/n")), " ")
	case *pasta:
		return strings.Join(d.arguments(4711, "/run/c/n/pasta.pid"), " ")
	}
	t.Fatalf("%s is a %T", m, d)
	return ""
}

func somePorts() []Port {
	return []Port{{Proto: "tcp", HostPort: 8080, ContainerPort: 80}, {Proto: "udp", HostIP: netip.MustParseAddr("127.0.0.1"), HostPort: 5353, ContainerPort: 53},
		{Proto: "tcp", HostIP: netip.IPv6Loopback(), HostPort: 8443, ContainerPort: 443}}
}

func TestArgumentsOfSlirp4netns(t *testing.T) {
	const (
		begin = " -r 3 -e 4 --enable-sandbox --enable-seccomp --cidr="
		end   = " 4711 tap0"
	)
	for _, tt := range []struct {
		name string
		wish Wish
		want string
	}{
		{"default", Wish{}, "--mtu=32000" + begin + "10.0.2.0/24 --enable-ipv6 --disable-host-loopback" + end},
		{"host loopback", Wish{HostLoopback: true}, "--mtu=32000" + begin + "10.0.2.0/24 --enable-ipv6" + end},
		{"IPv4 alone", Wish{NoIPv6: true}, "--mtu=32000" + begin + "10.0.2.0/24 --disable-host-loopback" + end},
		{"another network", Wish{Subnet: netip.MustParsePrefix("10.9.0.0/16"), MTU: 1000}, "--mtu=1000" + begin + "10.9.0.0/16 --disable-host-loopback" + end},
		{"ports", Wish{Ports: somePorts()}, "--mtu=32000" + begin + "10.0.2.0/24 --enable-ipv6 --disable-host-loopback --api-socket=/run/c/n/s" + end},
		{"ports of another's", Wish{Ports: somePorts(), PortHandler: RootlesskitPorts}, "--mtu=32000" + begin + "10.0.2.0/24 --enable-ipv6 --disable-host-loopback" + end},
	} {
		if got := args(t, Slirp4netns, tt.wish); got != tt.want {
			t.Errorf("%s: got\n%s, want\n%s", tt.name, got, tt.want)
		}
	}
}

func TestArgumentsOfPasta(t *testing.T) {
	const (
		begin = "--foreground --quiet --pid=/run/c/n/pasta.pid --config-net --ns-ifname=tap0 --mtu="
		quiet = " --no-dhcp --no-dhcpv6 --no-ra"
		four  = "65520 --address=10.0.2.100 --netmask=24 --gateway=10.0.2.2 --dns-forward=10.0.2.3" + quiet
		six   = four + " --address=fd00::100 --gateway=fd00::2 --dns-forward=fd00::3"
		stays = " --tcp-ns=none --udp-ns=none"
		shut  = " --no-map-gw"
		none  = " --tcp-ports=none --udp-ports=none"
	)
	for _, tt := range []struct {
		name string
		wish Wish
		want string
	}{
		{"default", Wish{}, begin + six + stays + shut + none + " 4711"},
		{"host loopback", Wish{HostLoopback: true}, begin + six + stays + none + " 4711"},
		{"IPv4 alone", Wish{NoIPv6: true}, begin + four + " --ipv4-only" + stays + shut + none + " 4711"},
		{"another network", Wish{Subnet: netip.MustParsePrefix("10.9.0.0/16"), MTU: 1000},
			begin + "1000 --address=10.9.0.100 --netmask=16 --gateway=10.9.0.2 --dns-forward=10.9.0.3" + quiet + " --ipv4-only" + stays + shut + none + " 4711"},
		{"ports", Wish{Ports: somePorts()}, begin + six + stays + shut + " --tcp-ports=0.0.0.0/8080:80 --tcp-ports=::1/8443:443 --udp-ports=127.0.0.1/5353:53 4711"},
		// Without a flag it would publish all that listens inside.
		{"TCP alone", Wish{Ports: somePorts()[:1]}, begin + six + stays + shut + " --tcp-ports=0.0.0.0/8080:80 --udp-ports=none 4711"},
		{"ports of another's", Wish{Ports: somePorts(), PortHandler: RootlesskitPorts}, begin + six + stays + shut + none + " 4711"},
	} {
		if got := args(t, Pasta, tt.wish); got != tt.want {
			t.Errorf("%s: got\n%s, want\n%s", tt.name, got, tt.want)
		}
	}
}

// Its own drivers forward no ports: one of its port drivers does, and somebody has to ask for that.
func TestRootlesskitsDriversForwardNoPortsAlone(t *testing.T) {
	for _, m := range []Mode{Slirp4netns, Pasta} {
		w := Wish{Rootlesskit: true, Ports: somePorts()}
		d, err := NewSetup(m, w, HostFacts{Slirp: "/bin/true", Pasta: "/bin/true"}).driver(nil, -1)
		var e *HelperError
		if !errors.As(err, &e) || e.Program != string(m) || !strings.Contains(err.Error(), "add port_handler=rootlesskit") {
			t.Errorf("%s: got %v, %v", m, d, err)
		}
	}
}

// Keeps away: started by root, slirp4netns's sandbox covered the /tmp of the whole machine.
func TestRootsSlirp4netnsHasNoSandbox(t *testing.T) {
	h := host("sn")
	h.Root = true
	if does := NewSetup(Slirp4netns, Wish{}, h).Does(); strings.Contains(does, "sandbox") {
		t.Errorf("got %s", does)
	}
}
