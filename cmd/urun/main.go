// A start is over before a changed CPU quota could matter, and reading the quota costs it several files of the cgroup.
//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0

// Command urun runs a root file system as a container, without root.
//
// This package is the command line and nothing else: it reads flags and the environment, makes one call, and turns an
// error into an exit status.
package main

import (
	"errors"
	"os"

	"github.com/urun-project/urun/internal/container"
	"github.com/urun-project/urun/internal/inside"
)

func main() {
	if inside.Called(os.Args) {
		os.Exit(inside.Main())
	}
	status, err := run(os.Args[1:])
	if err != nil {
		notice(err.Error())
		status = container.StatusFailed
		var e *container.Error
		if errors.As(err, &e) {
			status = e.Status
		}
	}
	os.Exit(status)
}

func run(args []string) (status int, err error) {
	if os.Getuid() != os.Geteuid() || os.Getgid() != os.Getegid() {
		return 0, errors.New("urun must not be set-user-ID or set-group-ID: it needs no privileges, and with them it would hand them out; take the bits away with chmod ug-s")
	}
	c, err := parse(args)
	if err != nil {
		return 0, err
	}
	return c.run()
}

// notice says one line on stderr, which is all that urun writes there.
func notice(line string) { os.Stderr.WriteString("urun: " + printable(line) + "\n") }

func quiet(string) {}
