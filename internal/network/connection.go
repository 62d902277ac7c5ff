package network

import (
	"errors"
	"sync/atomic"

	rootlesskit "github.com/rootless-containers/rootlesskit/v3/pkg/network"
	"golang.org/x/sys/unix"
)

// Connection is a network that carries packets.
type Connection struct {
	Driver string
	Ports  []Port
	Addresses

	cleanup []func() error
	ends    []*process
	foreign []foreign
	closing atomic.Bool
}

var errOwnPorts = errors.New("rootlesskit's driver forwards no ports by itself; add port_handler=rootlesskit")

// Connect runs a setup's driver for the network namespace of a process, which has made
// its device if that is its part. stateDir is a directory of the container's own;
// stack a urun-netstack that was started early, or nil; tap the device's descriptor,
// or -1. Both are let go of in any case.
func (s Setup) Connect(pid int, stateDir string, stack *Stack, tap int) (*Connection, error) {
	c := &Connection{Driver: string(s.Mode), Ports: s.Wish.Ports, Addresses: s.Addresses}
	err := s.connect(c, pid, stateDir, stack, tap)
	if tap >= 0 {
		unix.Close(tap)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (s Setup) connect(c *Connection, pid int, stateDir string, stack *Stack, tap int) (err error) {
	if stack == nil && (s.Mode == Gvisor || s.builtinPorts()) {
		inside, dir := 0, ""
		if s.Inside() {
			dir = stateDir
		}
		// rootlesskit's gvisor driver enters the user namespace itself, which it cannot from within.
		if s.builtinPorts() && !(s.Mode == Gvisor && s.Wish.Rootlesskit) {
			inside = pid
		}
		if stack, err = StartStack(s.Host.Stack, inside, dir); err != nil {
			return err
		}
	}
	if stack != nil {
		c.cleanup = append(c.cleanup, func() error { stack.Stop(s.Wish.Ports); return nil })
	}
	d, err := s.driver(stack, tap)
	if err != nil {
		return err
	}
	if err := c.configure(d, pid, stateDir, s.Wish.Rootlesskit && s.Mode != Gvisor); err != nil {
		return err
	}
	if s.Mode != Gvisor && s.builtinPorts() {
		ports := &netstack{helper: helper{at: s.Addresses, abort: s.Abort}, stack: stack, tap: -1, wish: s.Wish}
		return c.configure(ports, pid, stateDir, false)
	}
	return nil
}

// configure runs one driver. A foreign one hides the process that it starts.
func (c *Connection) configure(d rootlesskit.ParentDriver, pid int, stateDir string, hides bool) error {
	var before []int
	if hides {
		defer adopt()()
		before = children()
	}
	_, cleanup, err := d.ConfigureNetwork(pid, stateDir, "")
	if cleanup != nil {
		c.cleanup = append(c.cleanup, cleanup)
	}
	if hides {
		c.foreign = append(c.foreign, newChildren(before, c.Driver)...)
	}
	if err != nil {
		return err
	}
	if w, ok := d.(interface{ watched() *process }); ok {
		c.ends = append(c.ends, w.watched())
	}
	return nil
}

// Watch calls died, with what happened, when a helper ends before Close.
func (c *Connection) Watch(died func(how string)) {
	for _, p := range c.ends {
		go func() {
			<-p.exited
			if !c.closing.Load() {
				died(p.name + " " + p.last())
			}
		}()
	}
	for _, f := range c.foreign {
		go func() {
			f.wait()
			if !c.closing.Load() {
				died(f.name + " ended")
			}
		}()
	}
}

// Wait waits for the helpers' end, after Close.
func (c *Connection) Wait() {
	for _, p := range c.ends {
		<-p.exited
	}
}

// Close ends the helpers, and waits for those that hold ports.
func (c *Connection) Close() {
	c.closing.Store(true)
	for i := len(c.cleanup) - 1; i >= 0; i-- {
		_ = c.cleanup[i]() // what could fail is a process that has ended
	}
	c.cleanup = nil
	for _, f := range c.foreign {
		f.end()
	}
	c.foreign = nil
}
