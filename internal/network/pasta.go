package network

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

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
func (d *pasta) ConfigureNetwork(childPID int, stateDir, _ string) (*messages.ParentInitNetworkDriverCompleted, func() error, error) {
	pidFile := filepath.Join(stateDir, "pasta.pid")
	p, err := launch("pasta", d.path, "", nil, nil, d.arguments(childPID, pidFile)...)
	if err != nil {
		return nil, nil, err
	}
	d.started(p)
	cleanup := func() error {
		d.process.end(d.wish.Ports)
		return nil
	}
	if err := d.wrote(pidFile); err != nil {
		_ = cleanup()
		return nil, nil, err
	}
	return d.completed(), cleanup, nil
}

// wrote waits until pasta has written its process id, which is when it carries packets.
// It closes descriptors that it inherits, so there is no pipe to wait at.
func (d *pasta) wrote(pidFile string) error {
	for end := time.Now().Add(readyDeadline); time.Now().Before(end); {
		if b, err := os.ReadFile(pidFile); err == nil && len(b) > 0 {
			return nil
		}
		select {
		case <-d.process.exited:
			return d.process.failure("")
		case <-time.After(500 * time.Microsecond):
		}
	}
	return d.process.failure("is not ready after " + readyDeadline.String())
}

func (d *pasta) arguments(pid int, pidFile string) []string {
	a := d.at
	args := []string{"--foreground", "--quiet",
		"--pid=" + pidFile,
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
