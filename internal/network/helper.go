package network

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/rootless-containers/rootlesskit/v3/pkg/api"
	"github.com/rootless-containers/rootlesskit/v3/pkg/messages"
)

// helper is what our drivers have in common: a program and the addresses it serves.
type helper struct {
	process *process
	at      Addresses
	abort   *Abort
}

// started keeps the helper's process.
func (h *helper) started(p *process) {
	h.process = p
	h.abort.add(p)
}

// MTU is the device's, in bytes.
func (h *helper) MTU() int { return h.at.MTU }

// watched is the process whose end ends the network.
func (h *helper) watched() *process { return h.process }

// ready waits until something is written to the pipe, whose other end only the helper has.
func (h *helper) ready(r *os.File, silent string) error {
	if err := r.SetReadDeadline(time.Now().Add(readyDeadline)); err != nil {
		return err
	}
	n, err := r.Read(make([]byte, 64))
	switch {
	case n > 0:
		return nil
	case errors.Is(err, io.EOF):
		h.process.give()
		return h.process.failure("is not ready")
	}
	return h.process.failure(silent + " for " + readyDeadline.String())
}

// completed is what rootlesskit's drivers tell of themselves.
func (h *helper) completed() *messages.ParentInitNetworkDriverCompleted {
	a := h.at
	m := &messages.ParentInitNetworkDriverCompleted{
		Dev: a.Device, IP: a.IP.String(), Netmask: a.Bits, Gateway: a.Gateway.String(), DNS: []string{a.DNS.String()}, MTU: a.MTU,
	}
	if a.DNS6.IsValid() {
		m.DNS = append(m.DNS, a.DNS6.String())
	}
	return m
}

func (h *helper) info(driver string) *api.NetworkDriverInfo {
	return &api.NetworkDriverInfo{Driver: driver, DNS: []net.IP{h.at.DNS.AsSlice()}, ChildIP: h.at.IP.AsSlice(), IPv6: h.at.IP6.IsValid()}
}

// OldError is a program that is too old.
type OldError struct {
	Program string
	Has     string // its version, or "" when it does not tell
	Wants   string // the oldest that will do
}

func (e *OldError) Error() string {
	if e.Has != "" {
		return e.Program + " " + e.Has + " is too old; it takes " + e.Wants
	}
	return e.Program + " is too old; it takes " + e.Wants
}
