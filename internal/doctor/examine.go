package doctor

import (
	"context"
	"os"
	"sync"

	"github.com/urun-project/urun/internal/network"
)

// Options are what the caller knows: the environment is read by nobody else.
type Options struct {
	Self       string   // the path of urun's binary
	Within     string   // the kind of container that urun is in
	Rootfs     string   // the directory to look at; "" for none
	RuntimeDir string   // XDG_RUNTIME_DIR as it is set
	Runtime    string   // why that cannot be used; "": it can
	Records    []string // where records of containers may be, the likeliest first
	StateDir   string   // where logs go
	DataDir    string   // where images go
	Home       string
	Buses      []string // D-Bus addresses of the user's systemd, the likeliest first
	Places     network.Places
	Config     Config
}

// Examine finds out what this machine allows. It takes as long as the slowest of its questions, which are asked side by side.
func Examine(ctx context.Context, o Options) *Findings {
	f := &Findings{Self: o.Self, Within: o.Within, Config: o.Config}
	// Alone and first: a child that is cloned meanwhile has a copy of every descriptor, and a file that someone
	// may write cannot be executed.
	f.Kernel.Exec = execMemfd()
	f.Guards = refusers()
	f.Guards.Filter = filtered()
	host := lookUp(&f.Users)
	f.Start = rehearse(host)
	var all sync.WaitGroup
	for _, look := range []func(){
		func() { examineKernel(&f.Kernel) },
		func() { tryUserNS(&f.Users, host) },
		func() { tryFileSystems(&f.Files, host) },
		func() { tryRange(&f.Users) },
		func() { askSubids(&f.Users) },
		func() { askCgroups(ctx, &f.Cgroups, o.Buses, host.Name) },
		func() { askNetwork(ctx, &f.Network, o.Places, host) },
		func() { f.Dirs = lookAtDirs(o) },
		func() { f.Upper = tryUpper(o.DataDir, host) },
		func() { f.Rootfs = lookAtRootfs(o.Rootfs, host) },
	} {
		all.Go(look)
	}
	all.Wait()
	f.Dirs.Name = host.Name
	return f
}

// read is a small file of the kernel's, or "".
func read(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return trim(b)
}
