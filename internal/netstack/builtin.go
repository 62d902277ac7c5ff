package netstack

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/rootless-containers/rootlesskit/v3/pkg/port"
	"github.com/rootless-containers/rootlesskit/v3/pkg/port/builtin"
)

// publishBuiltin publishes with rootlesskit's builtin driver. Its one half listens on the host, the other one makes sockets in
// the container's network namespace and hands them over.
func (c config) publishBuiltin(died chan<- error) error {
	driver, err := builtin.NewParentDriver(io.Discard, c.StateDir, false, "")
	if err != nil {
		return fmt.Errorf("use rootlesskit's port driver: %w", err)
	}
	failed := make(chan error, 4)
	if err := c.beginPortChild(driver.OpaqueForChild(), failed); err != nil {
		return err
	}
	ready := make(chan error, 1)
	go func() { ready <- run(driver, nil, died) }()
	select { // both halves wait for each other
	case err = <-ready:
	case err = <-failed:
	}
	if err != nil {
		return err
	}
	go func() { died <- <-failed }()
	for _, p := range c.Ports {
		// The child's address has to be said: by default it would be the host's, where that is not the first one.
		spec := port.Spec{Proto: listenNetwork(p), ParentPort: int(p.HostPort), ChildPort: int(p.ContainerPort), ChildIP: "127.0.0.1"}
		if p.HostIP.IsValid() {
			spec.ParentIP = p.HostIP.String()
		}
		if _, err := driver.AddPort(context.Background(), spec); err != nil {
			return notPublished(p, err)
		}
	}
	return nil
}

// beginPortChild runs the driver's other half here, when this process has been started in the container's user namespace and so
// may enter its network, and otherwise in a process there.
func (c config) beginPortChild(opaque map[string]string, failed chan<- error) error {
	own, err := os.Stat("/proc/self/ns/user")
	if err != nil {
		return fmt.Errorf("look at the own user namespace: %w", err)
	}
	theirs, err := os.Stat("/proc/" + strconv.Itoa(c.PID) + "/ns/user")
	if err != nil {
		return fmt.Errorf("look at the user namespace of %d: %w", c.PID, err)
	}
	if !os.SameFile(own, theirs) {
		return c.spawn(childWork{Ports: opaque}, failed)
	}
	// The descriptor is the namespace for ever; the pid may become somebody else's.
	ns, err := os.Open("/proc/" + strconv.Itoa(c.PID) + "/ns/net")
	if err != nil {
		return fmt.Errorf("open the network namespace of %d: %w", c.PID, err)
	}
	go func() {
		defer ns.Close()
		err := builtin.NewChildDriver(io.Discard).RunChildDriver(opaque, nil, "/proc/self/fd/"+strconv.Itoa(int(ns.Fd())))
		failed <- fmt.Errorf("run the port driver in the container's network: %w", err)
	}()
	return nil
}
