package ladder

// Property is something that a container can lack.
type Property string

// The properties, in the order in which losses are told.
const (
	Namespaces  Property = "namespaces"       // new namespaces, without which there is nothing
	Init        Property = "init"             // the program that every container begins with
	IDs         Property = "ids"              // more ids than the caller's own
	Proc        Property = "proc"             // a /proc that shows its own processes alone
	Sys         Property = "sys"              // a /sys that shows its own network devices alone
	CgroupNS    Property = "cgroup-namespace" // its own cgroup as the root of those it sees
	CgroupGuard Property = "cgroup-guard"     // what keeps it from your cgroup
	Network     Property = "network"          // a network that reaches further than loopback
	Driver      Property = "driver"           // the best driver of that network
	Names       Property = "names"            // names are resolved
	Ports       Property = "ports"            // ports below 1024, and pings, for everybody in its network
	Writing     Property = "writing"          // directories that can be written without being changed
	Limits      Property = "limits"           // what it may use
	Swap        Property = "swap"             // of that, swap
	Scope       Property = "scope"            // its end with the caller's systemd
	Linger      Property = "linger"           // its life beyond the caller's session
	MountPoints Property = "mount-points"     // a root that can be written although it lacks mount points
	Writes      Property = "writes"           // what it writes to an image's root is on the disk, not in memory
	Shared      Property = "layers"           // the layers of its image are shared, and not copied
	Records     Property = "records"          // its record where XDG_RUNTIME_DIR says
	Hostname    Property = "hostname"         // a host name of its own
	Keyring     Property = "keyring"          // a session keyring of its own
	Landlock    Property = "landlock"         // the second layer beneath what is hidden or read-only
)

// Who can do something about a loss.
type Who string

// Those who can.
const (
	You           Who = "you"
	Administrator Who = "administrator" // of this machine
	Starter       Who = "starter"       // whoever started the session or the service that this is
	Outer         Who = "outer"         // whoever starts the container that this runs in
)

// String is how messages name them.
func (w Who) String() string {
	switch w {
	case Administrator:
		return "an administrator"
	case Starter:
		return "whoever started this session"
	case Outer:
		return "whoever starts the container around this one"
	}
	return string(w)
}

// Loss is a property that was wanted and cannot be had. The texts have no line breaks.
type Loss struct {
	Property  Property `json:"property"`
	Lost      string   `json:"lost"`                // what the container lacks
	Cause     string   `json:"cause"`               // what stands in the way
	Fix       string   `json:"fix,omitempty"`       // what Who can do: a verb phrase
	Who       Who      `json:"who,omitempty"`       // "" where nobody can
	Meanwhile string   `json:"meanwhile,omitempty"` // what works as long as nobody does
}

// String is the loss in the one line that is said about it.
func (l Loss) String() string {
	s := l.Cause
	if l.Lost != "" {
		s = l.Lost + ": " + s
	}
	if l.Fix != "" {
		s += "; " + l.Who.String() + " can " + l.Fix
	}
	if l.Meanwhile != "" {
		s += "; " + l.Meanwhile
	}
	return s
}
