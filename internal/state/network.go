package state

// Network is what others want to know of a container's network.
type Network struct {
	Mode    string   `json:"mode"`              // none, host, container, or the driver's name
	With    string   `json:"with,omitempty"`    // of mode container: the id of the one whose network it is
	Device  string   `json:"device,omitempty"`  // its name inside
	MTU     int      `json:"mtu,omitempty"`     // of the device, bytes
	IP      string   `json:"ip,omitempty"`      // inside
	Gateway string   `json:"gateway,omitempty"` // inside; with host-loopback it is the host
	IP6     string   `json:"ip6,omitempty"`
	Servers []string `json:"name_servers,omitempty"` // of its resolv.conf
	Ports   []Port   `json:"ports,omitempty"`
	Ended   string   `json:"ended,omitempty"` // how its helper ended before the container did
}

// Port is a published port.
type Port struct {
	Protocol      string `json:"protocol"` // tcp or udp
	HostIP        string `json:"host_ip"`  // 0.0.0.0: all of the host's
	HostPort      uint16 `json:"host_port"`
	ContainerPort uint16 `json:"container_port"`
}
