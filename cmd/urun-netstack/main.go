// As in cmd/urun: reading the CPU quota costs a start several files of the cgroup.
//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0

// Command urun-netstack carries a container's packets: it links what would make urun itself start slowly.
//
// This package is its command line, which is for nobody to use; see internal/netstack.
package main

import (
	"os"
	"runtime"

	"github.com/urun-project/urun/internal/netstack"
)

// version is stamped by the build: -ldflags "-X main.version=…".
var version = "unreleased"

// statusMisused is what urun, too, ends with when it was called wrongly.
const statusMisused = 125

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "--version":
		os.Stdout.WriteString("urun-netstack " + version + " " + runtime.GOOS + "/" + runtime.GOARCH + " " + runtime.Version() + "\n")
	case len(os.Args) > 1 || !netstack.Called():
		os.Stderr.WriteString("urun-netstack is started by urun, for a container's network, and is of no use without it\n")
		os.Exit(statusMisused)
	default:
		os.Exit(netstack.Main())
	}
}
