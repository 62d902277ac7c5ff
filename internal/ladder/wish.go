package ladder

import (
	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/userns"
)

// Wish is what a command asks for.
type Wish struct {
	IDs       userns.Wish
	Given     *userns.Choice // the ids of a user namespace that exists and is joined; nil: a new one
	Shared    bool           // there is no new user namespace
	Network   network.Wish
	OwnPid    bool // a pid namespace of its own
	OwnNet    bool // a network namespace of its own
	OwnCgroup bool // a cgroup namespace of its own

	Limits   []cgroup2.Setting
	Manager  string // auto, systemd, cgroupfs or none; see --cgroup
	Detached bool   // it is to run in the background
	Landlock bool   // it is one that gets a Landlock layer
	Image    int64  // the bytes of the image that it starts from
}

// Plain is what "urun ROOTFS CMD" asks for.
func Plain() Wish {
	return Wish{Network: network.Wish{Mode: network.Auto}, OwnPid: true, OwnNet: true, OwnCgroup: true, Manager: "auto"}
}
