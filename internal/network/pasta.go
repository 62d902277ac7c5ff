package network

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"github.com/rootless-containers/rootlesskit/v3/pkg/api"
	"github.com/rootless-containers/rootlesskit/v3/pkg/messages"
)

// pasta is a driver of our own for the program: rootlesskit's runs it four times,
// and leaves it behind, a daemon that older versions never end. Here it stays a
// child. It makes its device itself.
type pasta struct {
	helper
	path string
	wish Wish
}

// ConfigureNetwork implements rootlesskit's network.ParentDriver.
func (d *pasta) ConfigureNetwork(childPID int, _, _ string) (*messages.ParentInitNetworkDriverCompleted, func() error, error) {
	readyR, readyW, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer readyR.Close()
	d.process, err = launch("pasta", d.path, "", nil, []*os.File{readyW}, d.arguments(childPID)...)
	readyW.Close()
	if err != nil {
		return nil, nil, err
	}
	cleanup := func() error {
		d.process.end(d.wish.Ports)
		return nil
	}
	if err := d.ready(readyR, "says nothing"); err != nil {
		_ = cleanup()
		return nil, nil, err
	}
	return d.completed(), cleanup, nil
}

func (d *pasta) arguments(pid int) []string {
	a := d.at
	args := []string{"--foreground", "--quiet",
		// It writes its process id when it is ready. The descriptor is a pipe's.
		"--pid=/proc/self/fd/3",
		"--config-net", "--ns-ifname=" + a.Device, "--mtu=" + strconv.Itoa(a.MTU),
		"--address=" + a.IP.String(), "--netmask=" + strconv.Itoa(a.Bits), "--gateway=" + a.Gateway.String(), "--dns-forward=" + a.DNS.String(),
		"--no-dhcp", "--no-dhcpv6", "--no-ra"}
	if a.IP6.IsValid() {
		args = append(args, "--address="+a.IP6.String(), "--gateway="+a.Gateway6.String(), "--dns-forward="+a.DNS6.String())
	} else {
		args = append(args, "--ipv4-only")
	}
	// What the container connects to on its own loopback stays there.
	args = append(args, "--tcp-ns=none", "--udp-ns=none")
	if !d.wish.HostLoopback {
		args = append(args, "--no-map-gw")
	}
	args = append(args, d.forwards()...)
	return append(args, strconv.Itoa(pid))
}

// forwards are the published ports; without any it would publish all.
func (d *pasta) forwards() []string {
	var args []string
	for _, kind := range []struct{ proto, flag string }{{"tcp", "--tcp-ports="}, {"udp", "--udp-ports="}} {
		n := len(args)
		for _, p := range d.wish.Ports {
			if p.Proto != kind.proto || d.wish.PortHandler != "" {
				continue
			}
			ip := "0.0.0.0"
			if p.HostIP.IsValid() {
				ip = p.HostIP.String()
			}
			args = append(args, fmt.Sprintf("%s%s/%d:%d", kind.flag, ip, p.HostPort, p.ContainerPort))
		}
		if len(args) == n {
			args = append(args, kind.flag+"none")
		}
	}
	return args
}

// Info implements rootlesskit's network.ParentDriver.
func (d *pasta) Info(context.Context) (*api.NetworkDriverInfo, error) { return d.info("pasta"), nil }
