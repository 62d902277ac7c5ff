package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/network"
)

// wished is what a command line asks of the network.
func wished(t *testing.T, line string) (network.Wish, error) {
	t.Helper()
	c, err := parse(append(strings.Fields(line), "./rootfs"))
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return networkOf(c.(*runCmd).NetFlags)
}

func TestWhatIsAskedOfTheNetwork(t *testing.T) {
	for line, want := range map[string]string{
		"":                             "auto",
		"--net none":                   "none",
		"--network=host":               "host",
		"--net container:web":          "container of web",
		"--net pasta:mtu=1500":         "pasta",
		"-p 8080:80 -p 53:53/udp":      "auto 0.0.0.0:8080->80/tcp 0.0.0.0:53->53/udp",
		"-p 8000-8001:80-81":           "auto 0.0.0.0:8000->80/tcp 0.0.0.0:8001->81/tcp",
		"--expose 80":                  "auto", // nobody publishes it
		"--expose 80 -P":               "auto 0.0.0.0:0->80/tcp",
		"-P --expose 53/udp -p 1:2":    "auto 0.0.0.0:1->2/tcp 0.0.0.0:0->53/udp",
		"--net none --expose 80":       "none",
		"--dns 192.0.2.1 --dns ::1":    "auto servers 192.0.2.1 ::1",
		"--dns none":                   "auto no-dns",
		"--dns-search . --dns-opt a:1": "auto search . options a:1",
		"--dns-search a --dns-search b --dns-option x --dns-option y": "auto search a b options x y",
		"--add-host db:192.0.2.7 --add-host a;b:host-gateway":         "auto hosts 192.0.2.7=db gateway=a,b",
		"--no-hosts":                   "auto no-hosts",
		"--net none --add-host db:::1": "none hosts ::1=db",
		"--net host --dns 192.0.2.1":   "host servers 192.0.2.1",
	} {
		w, err := wished(t, line)
		if got := describe(w); err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", line, got, err, want)
		}
	}
}

func describe(w network.Wish) string {
	words := []string{string(w.Mode)}
	if w.Container != "" {
		words = append(words, "of", w.Container)
	}
	for _, p := range w.Ports {
		words = append(words, p.Host()+"->"+p.Container())
	}
	for _, list := range []struct {
		what  string
		items any
	}{{"servers", w.Names.Servers}, {"search", w.Names.Search}, {"options", w.Names.Options}} {
		if s := strings.Trim(fmt.Sprint(list.items), "[]"); s != "" {
			words = append(words, list.what, s)
		}
	}
	for i, e := range w.Names.Hosts {
		if i == 0 {
			words = append(words, "hosts")
		}
		ip := e.IP.String()
		if e.Gateway {
			ip = "gateway"
		}
		words = append(words, ip+"="+strings.Join(e.Names, ","))
	}
	if w.Names.NoDNS {
		words = append(words, "no-dns")
	}
	if w.Names.NoHosts {
		words = append(words, "no-hosts")
	}
	return strings.Join(words, " ")
}

// Each is one line that names the flag and says what to write.
func TestWrongFlagsOfTheNetworkAreRefused(t *testing.T) {
	for line, want := range map[string]string{
		"--net slirp":                  `--net "slirp": there is no such network; write auto, none, host, slirp4netns, pasta, gvisor or container:NAME`,
		"--network bridge":             `--net "bridge": each container has a network of its own by default, `,
		"--net none:mtu=1500":          `--net "none:mtu=1500": the mode none takes no options`,
		"--net auto:mtu=1":             `--net "auto:mtu=1": mtu: write a number of bytes from 576 to 65520`,
		"--net container:":             `--net "container:": write container:NAME`,
		"-p 70000:80":                  `--publish "70000:80": the host's port: 70000 is too large; ports go from 1 to 65535`,
		"-p 8000-8009:80":              `--publish "8000-8009:80": the ranges have 10 and 1 ports; they must be equally long`,
		"-p 80/sctp":                   `--publish "80/sctp": there is tcp and udp, and no "sctp"`,
		"--expose 8080:80":             `--expose "8080:80": write PORT[/tcp|udp], or --publish`,
		"--expose nope":                `--expose "nope": the container's port: "nope" is no number`, // also without -P
		"-P":                           "--publish-all publishes what --expose names, and there is none; write --expose PORT, or --publish HOST:PORT",
		"-P -p 8080:80":                "--publish-all publishes what --expose names, and there is none",
		"--net none -p 8080:80":        "--publish: with --net none nothing reaches the container; leave one of them out",
		"--net host -p 8080:80":        "--publish: with --net host the container's ports are the host's already; leave one of them out",
		"--net host -P --expose 80":    "--publish: with --net host ",
		"--net container:web -p 80:80": "--publish: the network is the other container's; publish the ports there",
		"--dns localhost":              `--dns "localhost": write an IP address, or none`,
		"--dns 192.0.2.300":            `--dns "192.0.2.300": write an IP address, or none`,
		"--dns none --dns ::1":         "--dns none leaves /etc/resolv.conf as it is; leave the other --dns flags out",
		"--dns none --dns-search a":    "--dns none leaves /etc/resolv.conf as it is; ",
		"--dns none --dns-option a":    "--dns none leaves /etc/resolv.conf as it is; ",
		"--dns-search a;b":             `--dns-search "a;b": write one word, and repeat the flag for more`,
		"--dns-option #a":              `--dns-option "#a": write one word`,
		"--add-host db":                `--add-host "db": write NAME:IP, such as db:192.0.2.7, or NAME:host-gateway`,
		"--add-host db:x":              `--add-host "db:x": "x" is no IP address; `,
		"--no-hosts --add-host db:::1": "--no-hosts leaves /etc/hosts as it is; leave --add-host out",
	} {
		w, err := wished(t, line)
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %q, %v, want one line that begins %q", line, describe(w), err, want)
		}
	}
}

// A line of the container's files is one line, whatever is asked for.
func TestNoLineIsSmuggledIn(t *testing.T) {
	for _, args := range [][]string{
		{"--dns-search", "a\nnameserver 192.0.2.1"}, {"--dns-search", "a b"}, {"--dns-option", "a\tb"}, {"--dns-option", "a\x7f"}, {"--add-host", "db\n:192.0.2.1"}, {"--add-host", "a b:192.0.2.1"},
		{"--dns", "192.0.2.1\n"}, {"--dns", " 192.0.2.1"},
	} {
		c, err := parse(append(args, "./rootfs"))
		if err != nil {
			t.Fatal(err)
		}
		w, err := networkOf(c.(*runCmd).NetFlags)
		if err == nil || strings.ContainsAny(err.Error(), "\n\t\x7f") {
			t.Errorf("%q: got %+v, %v", args, w.Names, err)
		}
	}
}
