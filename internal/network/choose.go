package network

import (
	"slices"
	"strings"
)

// oldestPasta is the first whose refused connections and forwarded ports work; rootlesskit asks for it as well.
const oldestPasta = "20230627"

// sixth tells whether a port is to be published at an IPv6 address.
func (w Wish) sixth() bool {
	return slices.ContainsFunc(w.Ports, func(p Port) bool { return p.HostIP.Is6() })
}

// NoneError tells why none of the drivers can run.
type NoneError struct{ Causes []error }

func (e *NoneError) Error() string {
	var list []string
	for _, c := range e.Causes {
		if !slices.Contains(list, c.Error()) {
			list = append(list, c.Error())
		}
	}
	return strings.Join(list, ", ")
}

// PastaWorks tells whether the host's pasta is new enough. One that does not tell its
// version is not.
func (h HostFacts) PastaWorks() bool { return h.PastaAge >= oldestPasta }

// UnableError is something that a driver cannot do.
type UnableError struct {
	Mode Mode
	What string
	Else string // what can
}

func (e *UnableError) Error() string {
	return string(e.Mode) + " " + e.What + "; write " + e.Else
}

// MissingError is a driver that cannot run on this host.
type MissingError struct {
	Mode    Mode
	Program string // the one that is missing, or ""
	Tun     error  // why there is no device, or nil
}

func (e *MissingError) Error() string {
	if e.Program != "" {
		return e.Program + " is not installed"
	}
	return e.Tun.Error()
}
func (e *MissingError) Unwrap() error { return e.Tun }

// Choose is the drivers to be tried for a wish, the best first. For auto it may be
// none, and why tells in an error what is missing.
func Choose(w Wish, h HostFacts) (drivers []Mode, why error) {
	switch w.Mode {
	case Slirp4netns, Pasta, Gvisor:
		if err := h.runs(w, w.Mode); err != nil {
			return nil, err
		}
		return []Mode{w.Mode}, nil
	case Auto:
	default:
		return nil, nil
	}
	// The stack of our own carries the most, both ways, and is there with urun; it takes the
	// most memory. slirp4netns starts as quickly and takes the least. pasta takes the longest
	// to start, and its older versions have faults.
	var causes []error
	for _, m := range []Mode{Gvisor, Slirp4netns, Pasta} {
		err := h.runs(w, m)
		if err == nil && m == Pasta && !h.PastaWorks() {
			if h.PastaAge == "" && (h.Slirp != "" || h.Stack != "") {
				continue // its version was not looked at
			}
			err = &OldError{Program: "pasta", Has: h.PastaAge, Wants: oldestPasta}
		}
		if err == nil {
			drivers = append(drivers, m)
			continue
		}
		if h.Tun != nil {
			return nil, err
		}
		causes = append(causes, err)
	}
	if len(drivers) > 0 {
		return drivers, nil
	}
	return nil, &NoneError{causes}
}

// runs tells what keeps a driver from running.
func (h HostFacts) runs(w Wish, m Mode) error {
	if h.Tun != nil {
		return &MissingError{Mode: m, Tun: h.Tun}
	}
	program := map[Mode]struct{ name, path string }{
		Slirp4netns: {"slirp4netns", h.Slirp}, Pasta: {"pasta", h.Pasta}, Gvisor: {StackProgram, h.Stack},
	}[m]
	switch {
	case m == Slirp4netns && w.PortHandler == "" && w.sixth():
		return &UnableError{m, "listens at no IPv6 address", "--net slirp4netns:port_handler=rootlesskit, or choose another driver"}
	case program.path == "":
		return &MissingError{Mode: m, Program: program.name}
	case w.Rootlesskit && m == Pasta && !h.PastaWorks():
		return &OldError{Program: "pasta", Has: h.PastaAge, Wants: oldestPasta}
	case w.PortHandler == RootlesskitPorts && len(w.Ports) > 0 && h.Stack == "":
		return &MissingError{Mode: m, Program: StackProgram}
	case (w.PortHandler == RootlesskitPorts && len(w.Ports) > 0 || w.Rootlesskit && m == Gvisor) && !h.Nsenter:
		return &MissingError{Mode: m, Program: "nsenter"}
	}
	return nil
}
