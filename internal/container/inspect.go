package container

import (
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/namespaces"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/internal/state"
)

// Inspected is all that is known of a container: with podman's names where podman knows
// the same. Every field is always there.
type Inspected struct {
	ID              string `json:"Id"`
	Name            string
	Created         time.Time
	Path            string // of the command, as it was written
	Args            []string
	State           InspectedState
	Image           string // the id of the image that it started from; empty: a directory
	ImageName       string
	Rootfs          string // that directory
	LogPath         string
	Config          InspectedConfig
	IDMappings      InspectedIDs
	Namespaces      []namespaces.Namespace // of the first process; empty when it is gone
	Cgroup          InspectedCgroup
	Mounts          []InspectedMount
	NetworkSettings InspectedNetwork
	EffectiveCaps   []string
	BoundingCaps    []string
	NoNewPrivileges bool
	Seccomp         string   // the profile that its system calls are held against: default, nested or a file's path; empty: all are allowed
	MaskedPaths     []string // hidden by default or by --security-opt
	ReadonlyPaths   []string
	Denied          []string        // of --deny
	Landlock        []string        // below what it may write; empty: there is no Landlock layer
	Rung            string          // where it stands on this machine: the way to its ids, and what it has to do without
	Lost            []InspectedLoss // what it has to do without on this machine
	Notices         []string        // what was said about it
}

// InspectedLoss is a property that was wanted and could not be had.
type InspectedLoss struct {
	Property, Lost, Cause, Fix string
	Who                        string // can do something about it: you, administrator or starter
	Meanwhile                  string // what works as long as nobody does
}

// InspectedState is what became of it so far.
type InspectedState struct {
	Status        string // starting, running, paused or exited
	Running       bool
	Paused        bool
	OOMKilled     bool
	Pid           int // of its first process; 0 when it has ended
	SupervisorPid int // of its urun
	ExitCode      int
	Error         string
	LostOutput    string // what of its output could not be logged
	StartedAt     time.Time
	FinishedAt    time.Time
	Detached      bool
	AutoRemove    bool
}

// InspectedConfig is what was asked for.
type InspectedConfig struct {
	Hostname    string
	User        string // UID:GID inside
	Tty         bool
	OpenStdin   bool
	Env         []string
	Cmd         []string
	WorkingDir  string
	StopSignal  string
	StopTimeout int // seconds

	Image        string            // by name
	Labels       map[string]string // the image's
	ExposedPorts map[string]struct{}
}

// InspectedIDs are its id maps, as podman writes them: INSIDE:OUTSIDE:COUNT.
type InspectedIDs struct {
	UidMap, GidMap []string
	Rung           string // how they came about
}

// InspectedCgroup is its cgroup and what is in the files of that.
type InspectedCgroup struct {
	Manager, Unit, Path string
	Values              map[string]string
}

// InspectedMount is a mount, as it was asked for.
type InspectedMount struct {
	Type, Source, Destination string
	Options                   []string
	RW                        bool
}

// InspectedNetwork is its network.
type InspectedNetwork struct {
	Driver, Container, Device, IPAddress, Gateway, GlobalIPv6Address string
	MTU                                                              int
	DNS                                                              []string
	Ports                                                            map[string][]InspectedPort
	Ended                                                            string // how the driver ended before the container did
}

// InspectedPort is where a port of the container is published.
type InspectedPort struct{ HostIp, HostPort string }

// cgroupFiles are those that are worth a look.
const cgroupFiles = "memory.max memory.high memory.low memory.swap.max memory.oom.group memory.current cpu.max cpu.weight cpuset.cpus cpuset.mems pids.max pids.current io.max io.weight cgroup.controllers"

// Inspect is all that is known of a container.
func (a Access) Inspect(name string) (Inspected, error) {
	r, err := a.Known(name)
	if err != nil {
		return Inspected{}, failure(nil, err)
	}
	spec, err := a.Spec(r)
	if err != nil {
		return Inspected{}, failure(nil, err)
	}
	in := Inspected{
		ID: r.ID, Name: r.Name, Created: r.Created, Image: r.ImageID, ImageName: r.Image, Rootfs: r.Rootfs, Args: []string{}, State: stateOf(r), Notices: list(r.Notices), Seccomp: r.Seccomp, MaskedPaths: []string{}, ReadonlyPaths: []string{}, Denied: list(r.Denied), Landlock: list(r.Writable),
		Rung: r.Rung, Lost: make([]InspectedLoss, len(r.Losses)), Namespaces: []namespaces.Namespace{}, Mounts: []InspectedMount{}, NetworkSettings: networkOf(r.Network),
		Cgroup: InspectedCgroup{Manager: r.Manager, Unit: r.Unit, Path: r.Cgroup, Values: map[string]string{}},
	}
	for i, x := range r.Losses {
		in.Lost[i] = InspectedLoss(x)
	}
	if len(r.Command) > 0 {
		in.Path, in.Args = r.Command[0], list(r.Command[1:])
	}
	if r.Log != "" {
		in.LogPath = filepath.Join(r.Log, "ctr.log")
	}
	sig, patience := Stopping{}.of(r)
	in.Config = InspectedConfig{Tty: r.Terminal, OpenStdin: r.Stdin, StopSignal: unix.SignalName(sig), StopTimeout: int(patience / time.Second), Env: []string{}, Cmd: list(r.Command), Image: r.Image, Labels: map[string]string{}, ExposedPorts: map[string]struct{}{}}
	in.IDMappings = InspectedIDs{UidMap: []string{}, GidMap: []string{}, Rung: r.IDs}
	in.describe(spec)
	if r.Alive {
		if all, err := namespaces.Of(r.Pid); err == nil { // it may have ended
			in.Namespaces = all
		}
		for file := range strings.FieldsSeq(cgroupFiles) {
			if b, err := os.ReadFile(filepath.Join(r.Cgroup, file)); err == nil && r.Cgroup != "" {
				in.Cgroup.Values[file] = strings.TrimSpace(string(b))
			}
		}
	}
	return in, nil
}

// Status is a container's, in a word of podman's.
func Status(r state.Record) string {
	switch {
	case !r.Alive:
		return "exited"
	case r.Started.IsZero():
		return "starting"
	case Paused(r):
		return "paused"
	}
	return "running"
}

func stateOf(r state.Record) InspectedState {
	s := InspectedState{
		Status: Status(r), Running: r.Alive, OOMKilled: r.OOMKilled, SupervisorPid: r.Urun, ExitCode: r.ExitCode, Error: r.Error, LostOutput: r.Lost,
		StartedAt: r.Started, FinishedAt: r.Ended, Detached: r.Detached, AutoRemove: !r.Keep,
	}
	s.Paused = s.Status == "paused"
	if r.Alive {
		s.Pid = r.Pid
	}
	return s
}

// describe adds what the specification says; there is none while a container starts.
func (in *Inspected) describe(spec *specs.Spec) {
	if spec == nil || spec.Process == nil || spec.Linux == nil {
		return
	}
	p := spec.Process
	in.Config.Hostname, in.Config.Env, in.Config.WorkingDir = spec.Hostname, list(p.Env), p.Cwd
	in.Config.User = utoa(p.User.UID) + ":" + utoa(p.User.GID)
	in.NoNewPrivileges = p.NoNewPrivileges
	in.MaskedPaths, in.ReadonlyPaths = list(spec.Linux.MaskedPaths), list(spec.Linux.ReadonlyPaths)
	if p.Capabilities != nil {
		in.EffectiveCaps, in.BoundingCaps = list(p.Capabilities.Effective), list(p.Capabilities.Bounding)
	}
	for _, m := range spec.Mounts {
		rw := true
		for _, o := range m.Options {
			rw = rw && o != "ro" && o != "rro" // what -v SRC:DST:ro becomes
		}
		in.Mounts = append(in.Mounts, InspectedMount{m.Type, m.Source, m.Destination, list(m.Options), rw})
	}
	if in.ImageName != "" {
		in.Config.Labels, in.Config.ExposedPorts = ocispec.ImageLabels(spec)
	}
	in.IDMappings.UidMap, in.IDMappings.GidMap = colons(spec.Linux.UIDMappings), colons(spec.Linux.GIDMappings)
}

func colons(maps []specs.LinuxIDMapping) []string {
	words := lines(maps)
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], " ", ":")
	}
	return words
}

func networkOf(n state.Network) InspectedNetwork {
	out := InspectedNetwork{
		Driver: n.Mode, Container: n.With, Device: n.Device, MTU: n.MTU, IPAddress: address(n.IP), Gateway: n.Gateway,
		GlobalIPv6Address: address(n.IP6), DNS: list(n.Servers), Ports: map[string][]InspectedPort{}, Ended: n.Ended,
	}
	for _, p := range n.Ports {
		inside := strconv.Itoa(int(p.ContainerPort)) + "/" + p.Protocol
		out.Ports[inside] = append(out.Ports[inside], InspectedPort{p.HostIP, strconv.Itoa(int(p.HostPort))})
	}
	return out
}

// address is one without the length of its network.
func address(s string) string {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Addr().String()
	}
	return s
}

// list is never null in JSON.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
