package network

import "net/netip"

// StackProgram is the name of the helper binary, which is found beside urun's own.
const StackProgram = "urun-netstack"

// StackConfig is what urun asks of urun-netstack, as JSON in one message on the
// socket that is the helper's standard input. The helper answers with a [StackReply]
// when it is ready, and ends when the socket ends.
type StackConfig struct {
	Driver string `json:"driver"` // StackTap, StackRootlesskit, or "" for ports alone

	// Tap: the tap device's descriptor comes with the message; the device has its
	// addresses already.
	MTU          int          `json:"mtu"`           // of the device, bytes
	Subnet       netip.Prefix `json:"subnet"`        // IPv4; the container is .100 in it, the gateway and name server .2
	IPv6         bool         `json:"ipv6"`          // the container is fd00::100, the gateway fd00::2 of fd00::/64
	HostLoopback bool         `json:"host_loopback"` // the gateway's address is the host's 127.0.0.1

	Ports       []Port `json:"ports,omitempty"`
	PortHandler string `json:"port_handler,omitempty"` // "": the driver's own; "rootlesskit": rootlesskit's builtin one

	PID      int    `json:"pid"`       // a process in the container's network namespace
	StateDir string `json:"state_dir"` // a directory that is the container's own, for sockets
}

// The drivers of urun-netstack.
const (
	StackTap         = "gvisor"             // gvisor-tap-vsock's stack directly on the tap device
	StackRootlesskit = "rootlesskit-gvisor" // rootlesskit's parent and child drivers; they need nsenter and ip
)

// StackReply is the helper's answer.
type StackReply struct {
	Error string `json:"error,omitempty"` // why it cannot do what was asked for; it ends after that
}
