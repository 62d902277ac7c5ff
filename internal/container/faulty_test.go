package container

import (
	"strings"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/userns"
)

// faulty is a container whose steps are failed, one after another.
type faulty struct {
	name   string
	mode   userns.Mode
	net    network.Mode
	tty    bool
	detach bool
	flags  ocispec.Flags
	rootfs string        // one of busybox, unless it is named
	layers int           // of an image in place of a directory; 0: it is one
	first  func(*launch) // spoils the first program: the steps are those of the second, on a lower rung
	next   string        // the network of a start whose device cannot be made; "": there is none such
}

var (
	readOnly  = ocispec.Flags{FileFlags: ocispec.FileFlags{ReadOnly: true}}
	ephemeral = ocispec.Flags{FileFlags: ocispec.FileFlags{Ephemeral: true, Volume: []string{"/usr:/usr:ro", "/etc/passwd:/etc/host"}}}
	limited   = ocispec.Flags{LimitFlags: ocispec.LimitFlags{PidsLimit: "64"}}
)

// faults are the containers of TestEveryStepMayFail: a program for everything that has steps of its own.
var faults = []faulty{
	{name: "one id", mode: userns.Single, net: network.None},
	{name: "one id, terminal", mode: userns.Single, net: network.None, tty: true},
	{name: "full range", net: network.None},
	{name: "full range, terminal", net: network.None, tty: true},
	{name: "keep-id", mode: userns.KeepID, net: network.None},
	{name: "read-only", net: network.None, flags: readOnly},
	{name: "ephemeral, volumes", mode: userns.Single, net: network.None, flags: ephemeral},
	{name: "denied, below a volume too", mode: userns.Single, net: network.None, flags: ocispec.Flags{FileFlags: ocispec.FileFlags{
		Volume: []string{"/usr:/usr"}, Deny: []string{"/usr/share/doc", "/etc/passwd"}}}},
	{name: "overlay", net: network.None, flags: ocispec.Flags{FileFlags: ocispec.FileFlags{Overlay: "changes"}}},
	{name: "the host's root, read-only", net: network.None, rootfs: "/", flags: readOnly},
	{name: "the host's root, ephemeral", net: network.None, rootfs: "/", flags: ocispec.Flags{FileFlags: ocispec.FileFlags{Ephemeral: true}}},
	{name: "new privileges, sysctl, ulimits", mode: userns.Single, net: network.None, flags: ocispec.Flags{
		SecurityFlags: ocispec.SecurityFlags{SecurityOpt: []string{"no-new-privileges=false"}},
		ProcessFlags:  ocispec.ProcessFlags{Sysctl: []string{"net.ipv4.ip_unprivileged_port_start=80"}, Ulimit: []string{"core=0", "nofile=64:128"}}}},
	{name: "limits", net: network.None, flags: limited},
	{name: "limits, terminal, gvisor", net: network.Gvisor, tty: true, flags: limited},
	{name: "in the background", net: network.None, detach: true},
	{name: "in the background, terminal", mode: userns.Single, net: network.None, detach: true, tty: true},
	{name: "slirp4netns", mode: userns.Single, net: network.Slirp4netns},
	{name: "gvisor, terminal", mode: userns.Single, net: network.Gvisor, tty: true},
	{name: "auto", mode: userns.Single, net: network.Auto, flags: readOnly, next: "slirp4netns"},
	{name: "an image", mode: userns.Single, net: network.None, layers: 3},
	{name: "an image, keep-id", mode: userns.KeepID, net: network.None, layers: 2},
	{name: "an image, read-only", net: network.None, layers: 2, flags: readOnly},
	{name: "an image of many layers, in the background", net: network.None, layers: 120, detach: true},
	{name: "an image, ephemeral", mode: userns.Single, net: network.None, layers: 2, flags: ocispec.Flags{FileFlags: ocispec.FileFlags{Ephemeral: true, Volume: []string{"/usr:/none/such:ro"}}}},
	{name: "an image, overlay", mode: userns.Single, net: network.None, layers: 2, flags: ocispec.Flags{FileFlags: ocispec.FileFlags{Overlay: "changes"}}},
	// What is tried second has another program, which may fail as well.
	{name: "one id in place of a range", net: network.None, first: func(l *launch) { l.ids.NewUIDMap.Path = "/bin/false" }},
	{name: "an image, one id in place of a range", net: network.None, layers: 2, first: func(l *launch) { l.ids.NewUIDMap.Path = "/bin/false" }},
	{name: "the second driver", mode: userns.Single, net: network.Auto, first: refuseDevice, next: "none"},
	{name: "mount points in a layer", mode: userns.Single, net: network.None, first: refuseMountPoints,
		flags: ocispec.Flags{FileFlags: ocispec.FileFlags{Volume: []string{"/usr:/none/such"}}}},
}

// limitedEphemeral is both.
func limitedEphemeral() ocispec.Flags {
	both := ephemeral
	both.LimitFlags = limited.LimitFlags
	return both
}

// refuseMountPoints has the program fail that makes mount points in the rootfs.
func refuseMountPoints(l *launch) {
	for i := 0; l.program != nil && i < len(l.program.Steps()); i++ {
		if l.tree.Makes(forkexec.Ref(i)) {
			l.program.Fail(i, unix.EPERM)
		}
	}
}

// refuseDevice has the program fail that makes a network device.
func refuseDevice(l *launch) {
	for i := 0; l.program != nil && i < len(l.program.Steps()); i++ {
		if strings.Contains(l.program.Line(i), "TUNSETIFF,") {
			l.program.Fail(i, unix.EBUSY)
		}
	}
}
