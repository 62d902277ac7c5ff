package netstack

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"github.com/rootless-containers/rootlesskit/v3/pkg/messages"
	"github.com/rootless-containers/rootlesskit/v3/pkg/network/gvisortapvsock"
)

// beginNetworkChild starts the half of rootlesskit's driver that reads the tap device.
func (c config) beginNetworkChild(m *messages.ParentInitNetworkDriverCompleted, died chan<- error) error {
	forChild := *m
	forChild.Network = nil // lives here and cannot be sent
	return c.spawn(childWork{Network: &forChild}, died)
}

// activate does what is left of it to rootlesskit's own child: addresses and routes, with ip(8), which the driver cannot do
// without either.
func activate(m *messages.ParentInitNetworkDriverCompleted) error {
	dev, err := gvisortapvsock.NewChildDriver().ConfigureNetworkChild(m, "")
	if err != nil {
		return fmt.Errorf("use rootlesskit's gvisor driver: %w", err)
	}
	for _, args := range [][]string{
		{"link", "set", "dev", dev, "mtu", strconv.Itoa(m.MTU), "up"},
		{"addr", "add", m.IP + "/" + strconv.Itoa(m.Netmask), "dev", dev},
		{"route", "add", "default", "via", m.Gateway, "dev", dev},
	} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("configure %s: ip %s: %w: %s", dev, strings.Join(args, " "), err, strings.TrimSpace(string(out)))
		}
	}
	return nil
}
