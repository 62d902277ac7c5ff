package network

import (
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// refused runs urun with flags that it must refuse before anything of the container runs.
func refused(t *testing.T, words []string, flags ...string) {
	t.Helper()
	testenv.Finish(t, host(append(append([]string{urun}, flags...), rootfs, "echo", "it ran")...)).Refused(t, 125, words...)
}

func TestPublishesThatCannotBe(t *testing.T) {
	needs(t, "slirp4netns")
	for _, c := range []struct {
		publish string
		says    []string
	}{
		{"", nil},
		{":", nil},
		{"::", nil},
		{":::", nil},
		{"1:2:3:4", nil},
		{"8080:", nil},
		{"0:0", []string{"1 to 65535"}},
		{"8080:0", []string{"1 to 65535"}},
		{"70000:80", []string{"70000", "65535"}},
		{"8080:70000", []string{"70000", "65535"}},
		{"-1:80", nil},
		{"8080:-80", nil},
		{"+8080:80", nil},
		{"8080: 80", nil},
		{"0x50:80", nil},
		{"http:80", []string{"http"}},
		{"8080:http", []string{"http"}},
		{"8080:80/", nil},
		{"8080:80/sctp", []string{"sctp"}},
		{"8080/tcp:80", nil},
		{"8000-8003:80-82", []string{"4", "3"}},
		{"8000-8001:80", nil},
		{"8003-8000:80-83", nil},
		{"8000-:80-83", nil},
		{"65534-65537:80-83", []string{"65537"}},
		{"1.2.3:8080:80", []string{"1.2.3"}},
		{"localhost:8080:80", []string{"localhost"}},
		{"[::1:8080:80", nil},
		{"203.0.113.1:8080:80", []string{"203.0.113.1"}},
		{"192.0.2.1:8080:80", []string{"192.0.2.1"}}, // the world's, not the host's
		{"8080:80\n", nil},
	} {
		t.Run(c.publish, func(t *testing.T) { refused(t, c.says, "--net=slirp4netns", "--publish="+c.publish) })
	}
	t.Run("the same port twice", func(t *testing.T) {
		refused(t, []string{"8080"}, "--net=slirp4netns", "-p", "8080:80", "-p", "8080:81")
	})
	t.Run("within a range as well", func(t *testing.T) {
		refused(t, []string{"8082"}, "--net=slirp4netns", "-p", "8080-8085:80-85", "-p", "127.0.0.1:8082:99")
	})
	for _, mode := range []string{"none", "host"} {
		t.Run("without a network of its own, "+mode, func(t *testing.T) { refused(t, []string{mode}, "--net", mode, "-p", "8080:80") })
	}
}

func TestADriverThatDoesNotListen(t *testing.T) {
	for _, d := range drivers() {
		if d.ports {
			continue
		}
		t.Run(d.net, func(t *testing.T) {
			d.needs(t)
			testenv.Finish(t, d.run("-p", port()+":80", "--", "echo", "it ran")).Refused(t, 125, "port_handler=rootlesskit")
		})
	}
}

func TestPortsThatCannotBeHad(t *testing.T) {
	each(t, func(t *testing.T, d driver) {
		_, taken := served(t, host(probe, "serve", "echo", "tcp", "0.0.0.0:0"))
		testenv.Finish(t, d.run("-p", taken+":80", "--", "echo", "it ran")).Refused(t, 125, taken, "use")
		testenv.Finish(t, d.run("-p", "127.0.0.1:"+taken+":80", "--", "echo", "it ran")).Refused(t, 125, taken, "use")
		_, udp := served(t, host(probe, "serve", "echo", "udp", "0.0.0.0:0"))
		testenv.Finish(t, d.run("-p", udp+":80/udp", "--", "echo", "it ran")).Refused(t, 125, udp, "use")
		low := d.run("--userns=single", "-p", "81:80", "--", "echo", "it ran")
		testenv.Finish(t, user(low.Args...)).Refused(t, 125, "81", "ip_unprivileged_port_start")
	})
}

func TestNetworksThatCannotBe(t *testing.T) {
	needs(t, "slirp4netns")
	for _, c := range []struct {
		net  string
		says []string
	}{
		{"nonsense", []string{"nonsense", "slirp4netns", "pasta", "gvisor", "none", "host"}},
		{"SLIRP4NETNS", nil},
		{":", nil},
		{"slirp4netns,mtu=1400", nil},
		{"slirp4netns:nonsense", []string{"nonsense"}},
		{"slirp4netns:mtu", nil},
		{"slirp4netns:mtu=", nil},
		{"slirp4netns:mtu=0", []string{"mtu"}},
		{"slirp4netns:mtu=-1", []string{"mtu"}},
		{"slirp4netns:mtu=many", []string{"many"}},
		{"slirp4netns:mtu=70000", []string{"70000"}},
		{"slirp4netns:ipv6=perhaps", []string{"perhaps"}},
		{"slirp4netns:cidr=", nil},
		{"slirp4netns:cidr=10.9.0.0", []string{"10.9.0.0"}},
		{"slirp4netns:cidr=10.9.0.0/31", []string{"10.9.0.0/31"}},
		{"slirp4netns:cidr=10.9.0.0/33", []string{"10.9.0.0/33"}},
		{"slirp4netns:cidr=fd09::/64", []string{"fd09::/64"}},
		{"slirp4netns:cidr=127.0.0.0/24", []string{"127.0.0.0/24"}},
		{"slirp4netns:port_handler=nonsense", []string{"nonsense"}},
		{"pasta:port_handler=slirp4netns", []string{"slirp4netns"}},
		{"none:mtu=1400", nil},
		{"host:host-loopback", nil},
		{"container", nil},
		{"container:", nil},
		{"container:nobody-has-this-name", []string{"nobody-has-this-name"}},
		{"container:../../etc", nil},
	} {
		t.Run(c.net, func(t *testing.T) { refused(t, c.says, "--net="+c.net) })
	}
}

func TestNamesThatCannotBe(t *testing.T) {
	needs(t, "slirp4netns")
	for _, flag := range []string{
		"--dns=", "--dns=nonsense", "--dns=10.0.0", "--dns=10.0.0.1 ", "--dns=10.0.0.1\nnameserver 10.0.0.2",
		"--dns-search=a b", "--dns-search=a\nnameserver 10.0.0.1", "--dns-option=a\nnameserver 10.0.0.1",
		"--add-host=", "--add-host=db", "--add-host=db:", "--add-host=:10.1.2.3", "--add-host=db:nonsense", "--add-host=a b:10.1.2.3",
		"--add-host=db:10.1.2.3\n10.9.9.9 bank", "--add-host=#db:10.1.2.3",
		"--expose=", "--expose=0", "--expose=70000", "--expose=http", "--expose=80/sctp", "--expose=83-80",
	} {
		t.Run(flag, func(t *testing.T) { refused(t, nil, "--net=slirp4netns", flag) })
	}
}
