package network

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rootless-containers/rootlesskit/v3/pkg/api"
	"github.com/rootless-containers/rootlesskit/v3/pkg/messages"
)

// slirp4netns is a driver of our own for the program: rootlesskit's asks it for its
// features first and has nsenter(1) and ip(8) make the device, five processes in all.
// Here the container's first process has made the device already, see [WriteTap].
type slirp4netns struct {
	helper
	path string
	root bool // the caller is
	wish Wish
}

// readyDeadline is how long a helper may take until it is ready. It takes
// milliseconds; where everything swaps, seconds.
const readyDeadline = 20 * time.Second

// ConfigureNetwork implements rootlesskit's network.ParentDriver: it returns when
// slirp4netns carries packets of the device in the network namespace of childPID.
func (d *slirp4netns) ConfigureNetwork(childPID int, stateDir, _ string) (*messages.ParentInitNetworkDriverCompleted, func() error, error) {
	readyR, readyW, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer readyR.Close()
	// It ends when the other end closes: a second road beside the parent-death signal.
	exitR, exitW, err := os.Pipe()
	if err != nil {
		readyW.Close()
		return nil, nil, err
	}
	args := d.arguments(childPID, d.socket(stateDir))
	p, err := launch("slirp4netns", d.path, "", nil, []*os.File{readyW, exitR}, args...)
	readyW.Close()
	exitR.Close()
	if err != nil {
		exitW.Close()
		return nil, nil, err
	}
	d.started(p)
	cleanup := func() error {
		exitW.Close()
		d.process.end(d.wish.Ports)
		return nil
	}
	if err := d.ready(readyR, "says nothing"); err != nil {
		_ = cleanup()
		return nil, nil, d.old(err)
	}
	for _, p := range d.ports() {
		if err := forward(d.socket(stateDir), p); err != nil {
			_ = cleanup()
			return nil, nil, err
		}
	}
	return d.completed(), cleanup, nil
}

// ports are those that slirp4netns forwards itself.
func (d *slirp4netns) ports() []Port {
	if d.wish.PortHandler != "" {
		return nil
	}
	return d.wish.Ports
}

// socket is where slirp4netns is told about ports. Its name is short, because the path
// of a socket has 107 bytes at most, and a container's directory most of them.
func (d *slirp4netns) socket(stateDir string) string {
	if len(d.ports()) == 0 {
		return ""
	}
	return filepath.Join(stateDir, "s")
}

func (d *slirp4netns) arguments(pid int, socket string) []string {
	a := d.at
	args := []string{"--mtu=" + strconv.Itoa(a.MTU), "-r", "3", "-e", "4"}
	// What it does not need it gives up: the file system, and system calls.
	if !d.root {
		// As root it would put a tmpfs of 1 KiB over everyone's /tmp where that is a mount of its
		// own: it makes only / private before (create_sandbox() in sandbox.c).
		args = append(args, "--enable-sandbox")
	}
	args = append(args, "--enable-seccomp", "--cidr="+(&net.IPNet{IP: subnetOf(a), Mask: net.CIDRMask(a.Bits, 32)}).String())
	if a.IP6.IsValid() {
		args = append(args, "--enable-ipv6")
	}
	if !d.wish.HostLoopback {
		args = append(args, "--disable-host-loopback")
	}
	if socket != "" {
		args = append(args, "--api-socket="+socket)
	}
	return append(args, strconv.Itoa(pid), a.Device)
}

func subnetOf(a Addresses) net.IP {
	p, _ := a.IP.Prefix(a.Bits) // it was made of one
	return net.IP(p.Addr().AsSlice())
}

// old tells a slirp4netns that does not know an option from one that fails.
func (d *slirp4netns) old(err error) error {
	if d.process.ended() && strings.Contains(d.process.said.all(), "unrecognized option") {
		return &OldError{Program: "slirp4netns", Wants: "0.4.0"}
	}
	return err
}

// Info implements rootlesskit's network.ParentDriver.
func (d *slirp4netns) Info(context.Context) (*api.NetworkDriverInfo, error) {
	return d.info("slirp4netns"), nil
}
