package netstack

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/network"
)

// config is urun's, complete and checked.
type config struct{ network.StackConfig }

// handlerBuiltin is the port handler that needs no network of the container's but its loopback.
const handlerBuiltin = "rootlesskit"

func checked(stack network.StackConfig, tap bool) (config, error) {
	c := config{stack}
	if c.MTU == 0 {
		c.MTU = 65520
	}
	if !c.Subnet.IsValid() {
		c.Subnet = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 2, 0}), 24)
	}
	c.Subnet = c.Subnet.Masked()
	switch {
	case c.Driver != "" && c.Driver != network.StackTap && c.Driver != network.StackRootlesskit:
		return config{}, fmt.Errorf("choose a driver: there is no %q", c.Driver)
	case c.Driver == network.StackTap && !tap:
		return config{}, errors.New("open the tap device: no descriptor came with the configuration")
	case c.MTU < 576 || c.MTU > 65521: // the least that IPv4 asks for; the most that a tap device takes
		return config{}, fmt.Errorf("use an MTU of %d: it is not between 576 and 65521", c.MTU)
	case c.IPv6 && c.MTU < 1280: // RFC 8200, section 5; the kernel takes the device's IPv6 addresses away below that
		return config{}, fmt.Errorf("use an MTU of %d: IPv6 has at least 1280", c.MTU)
	case c.IPv6 && c.Driver == network.StackRootlesskit:
		return config{}, errors.New("use IPv6: rootlesskit's gvisor driver has none")
	case !c.Subnet.Addr().Is4() || c.Subnet.Bits() > 25: // .100 has to be in it
		return config{}, fmt.Errorf("use the subnet %s: it is no IPv4 network with room for a .100", c.Subnet)
	case c.PortHandler != "" && c.PortHandler != handlerBuiltin:
		return config{}, fmt.Errorf("publish ports: there is no handler %q", c.PortHandler)
	case len(c.Ports) > 0 && c.PortHandler == "" && c.Driver == "":
		return config{}, errors.New("publish ports: neither a driver nor a handler was named")
	// The directory may be ".": the path of a socket has 108 bytes.
	case c.needsNamespaces() && (c.PID <= 0 || c.StateDir == ""):
		return config{}, fmt.Errorf("enter the network of process %d, with sockets in %q: no process or no directory", c.PID, c.StateDir)
	}
	for _, p := range c.Ports {
		if p.HostPort == 0 || p.ContainerPort == 0 || p.Proto != "tcp" && p.Proto != "udp" {
			return config{}, fmt.Errorf("publish %s as %s: not a port", p.Container(), p.Host())
		}
	}
	return c, nil
}

// needsNamespaces is true for what has a half of it in the container's namespaces.
func (c config) needsNamespaces() bool {
	return c.Driver == network.StackRootlesskit || len(c.Ports) > 0 && c.PortHandler == handlerBuiltin
}

// isTap refuses a device whose frames have something before them; the stack would end with the first one.
func isTap(f *os.File) error {
	ifr, err := unix.NewIfreq("")
	if err == nil {
		err = unix.IoctlIfreq(int(f.Fd()), unix.TUNGETIFF, ifr)
	}
	const kind = unix.IFF_TAP | unix.IFF_NO_PI
	if flags := ifr.Uint16(); err == nil && flags&(kind|unix.IFF_TUN|unix.IFF_VNET_HDR) != kind {
		err = fmt.Errorf("its flags are %#x", flags)
	}
	if err != nil {
		return fmt.Errorf("use the tap device: %w", err)
	}
	return nil
}
