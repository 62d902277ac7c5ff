// As in cmd/urun: reading the CPU quota costs a start several files of the cgroup.
//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0

// Command urun-image fetches, unpacks and writes images: it links what would make urun itself start slowly.
//
// This package is its command line, which is for nobody to use; see internal/transfer.
package main

import (
	"os"
	"runtime"

	"github.com/urun-project/urun/internal/inside"
	"github.com/urun-project/urun/internal/transfer"
)

// version is stamped by the build: -ldflags "-X main.version=…".
var version = "unreleased"

// statusMisused is what urun, too, ends with when it was called wrongly.
const statusMisused = 125

func main() {
	switch {
	case inside.Called(os.Args):
		os.Exit(inside.Main(transfer.Jobs()))
	case len(os.Args) == 2 && os.Args[1] == "--version":
		os.Stdout.WriteString("urun-image " + version + " " + runtime.GOOS + "/" + runtime.GOARCH + " " + runtime.Version() + "\n")
	case len(os.Args) > 1 || !transfer.Called():
		os.Stderr.WriteString("urun-image is started by urun, for images, and is of no use without it\n")
		os.Exit(statusMisused)
	default:
		os.Exit(transfer.Main())
	}
}
