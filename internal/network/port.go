package network

import (
	"net/netip"
	"strconv"
)

// Port is one published port: who connects to it on the host reaches the container.
type Port struct {
	Proto         string     `json:"protocol"`       // tcp or udp
	HostIP        netip.Addr `json:"host_ip"`        // where the host listens; the zero Addr: at all of its addresses
	HostPort      uint16     `json:"host_port"`      // 0: one that is free, as long as the container has not started
	ContainerPort uint16     `json:"container_port"` // where the container listens
}

// Host is the host's side, as net.Listen takes it.
func (p Port) Host() string {
	ip := "0.0.0.0"
	if p.HostIP.IsValid() {
		ip = p.HostIP.String()
	}
	return netip.AddrPortFrom(netip.MustParseAddr(ip), p.HostPort).String()
}

// Container is the container's side, as "podman port" has it: 80/tcp.
func (p Port) Container() string { return strconv.Itoa(int(p.ContainerPort)) + "/" + p.Proto }
