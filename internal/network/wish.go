package network

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// Mode is a kind of network.
type Mode string

// The modes of --net.
const (
	Auto        Mode = "auto"        // the best driver that this machine can run
	None        Mode = "none"        // loopback only
	Host        Mode = "host"        // the caller's own network
	Slirp4netns Mode = "slirp4netns" // the program of that name
	Pasta       Mode = "pasta"       // the program of that name, from passt
	Gvisor      Mode = "gvisor"      // gVisor's network stack in urun-netstack
	Container   Mode = "container"   // another container's network
)

// Wish is what was asked for.
type Wish struct {
	Mode         Mode
	Container    string       // of mode container: its name or id
	HostLoopback bool         // the gateway's address is the host's 127.0.0.1
	MTU          int          // of the device, bytes; 0: the driver's
	NoIPv6       bool         // IPv4 alone
	Subnet       netip.Prefix // IPv4; the zero Prefix: DefaultSubnet
	PortHandler  string       // "": the driver's own; RootlesskitPorts: rootlesskit's builtin one
	Rootlesskit  bool         // rootlesskit's own driver where urun has a faster road
	Ports        []Port
	Names        Names
	Named        bool // the mode was asked for; otherwise it is the default
}

const (
	DefaultMTU       = 65520 // as podman has it
	RootlesskitPorts = "rootlesskit"
)

// slirpMTU is what slirp4netns has: with more, downloads stand still for seconds on
// Linux 6.1 (slirp4netns issue 284).
const slirpMTU = 32000

// DefaultSubnet is the network inside.
func DefaultSubnet() netip.Prefix { return netip.MustParsePrefix("10.0.2.0/24") }

// modes are those that take options, and those that do not.
var modes = []struct {
	mode   Mode
	driver bool
}{{Auto, true}, {Slirp4netns, true}, {Pasta, true}, {Gvisor, true}, {None, false}, {Host, false}}

const modeHelp = "write auto, none, host, slirp4netns, pasta, gvisor or container:NAME"

// ParseMode reads MODE[:OPTION,...] into w. The error says what to write.
func (w *Wish) ParseMode(s string) error {
	name, options, given := strings.Cut(s, ":")
	if name == string(Container) {
		if options == "" {
			return errors.New("write container:NAME, with the name or id of a container that runs")
		}
		w.Mode, w.Container = Container, options
		return nil
	}
	for _, m := range modes {
		if string(m.mode) != name {
			continue
		}
		if given && !m.driver {
			return errors.New("the mode " + name + " takes no options")
		}
		w.Mode = m.mode
		return w.parseOptions(options)
	}
	switch name {
	case "bridge", "private", "default":
		return errors.New("each container has a network of its own by default, and there is no bridge between them; leave it out, or " + modeHelp)
	case "no", "off", "false":
		return errors.New("write none")
	case "ns":
		return errors.New("a network namespace by its path is not there yet; " + modeHelp)
	}
	return errors.New("there is no such network; " + modeHelp)
}

const optionHelp = "the options are host-loopback, mtu=BYTES, ipv6=false, cidr=NETWORK/BITS, port_handler=rootlesskit and rootlesskit"

// parseOptions reads a comma separated list. podman's names of the same things are taken too.
func (w *Wish) parseOptions(s string) error {
	for option := range strings.SplitSeq(s, ",") {
		key, value, has := strings.Cut(option, "=")
		switch key {
		case "":
			if s != "" {
				return errors.New("an option is empty; " + optionHelp)
			}
		case "host-loopback", "allow_host_loopback":
			yes, err := truth(value, has)
			if err != nil {
				return errors.New(key + ": " + err.Error())
			}
			w.HostLoopback = yes
		case "ipv6", "enable_ipv6":
			yes, err := truth(value, has)
			if err != nil {
				return errors.New(key + ": " + err.Error())
			}
			w.NoIPv6 = !yes
		case "mtu":
			n, err := strconv.Atoi(value)
			if err != nil || n < 576 || n > DefaultMTU {
				return errors.New("mtu: write a number of bytes from 576 to " + strconv.Itoa(DefaultMTU))
			}
			w.MTU = n
		case "cidr":
			p, err := netip.ParsePrefix(value)
			if err != nil || !p.Addr().Is4() || p.Bits() > 25 || p.Bits() < 8 {
				return errors.New("cidr: write an IPv4 network of 8 to 25 bits, such as 10.9.0.0/24: the container is .100 in it")
			}
			if w.Subnet = p.Masked(); !usable(w.Subnet) {
				return errors.New("cidr: " + value + " has a meaning of its own; write a private network, such as 10.9.0.0/24")
			}
		case "port_handler":
			switch value {
			case RootlesskitPorts, "slirp4netns":
				w.PortHandler = value
			default:
				return errors.New("port_handler: there is rootlesskit (fast, without the client's address), and slirp4netns for that driver")
			}
		case "rootlesskit":
			yes, err := truth(value, has)
			if err != nil {
				return errors.New(key + ": " + err.Error())
			}
			w.Rootlesskit = yes
		default:
			return errors.New("there is no option " + strconv.Quote(key) + "; " + optionHelp)
		}
	}
	return w.check()
}

// usable tells whether a network may be used inside: it holds nothing that means this
// host, this link, or everyone.
func usable(p netip.Prefix) bool {
	for _, other := range []string{"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"} {
		if p.Overlaps(netip.MustParsePrefix(other)) {
			return false
		}
	}
	return true
}

func truth(value string, has bool) (bool, error) {
	if !has {
		return true, nil
	}
	switch value {
	case "true", "1", "yes":
		return true, nil
	case "false", "0", "no":
		return false, nil
	}
	return false, errors.New("write true or false")
}

// check refuses options that do not go together.
func (w *Wish) check() error {
	switch {
	case w.Rootlesskit && w.Mode == Auto:
		return errors.New("rootlesskit: name the driver that it is to be: slirp4netns, pasta or gvisor")
	case w.PortHandler == "slirp4netns" && w.Mode != Slirp4netns && w.Mode != Auto:
		return errors.New("port_handler=slirp4netns is for --net slirp4netns")
	case w.PortHandler == "slirp4netns":
		w.PortHandler = "" // its own
	}
	return nil
}
