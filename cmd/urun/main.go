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
	"slices"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/container"
	"github.com/urun-project/urun/internal/inside"
)

func main() {
	if inside.Called(os.Args) {
		os.Exit(inside.Main(nil))
	}
	status, err := run(os.Args[1:])
	if err != nil {
		e := container.Tell(err)
		notice(e.Says)
		status = e.Status
	}
	os.Exit(status)
}

func run(args []string) (status int, err error) {
	if elevated() {
		return 0, errors.New("urun must not be set-user-ID or set-group-ID and must have no file capabilities: it needs no privileges, and with them it would hand them out; take them away with chmod ug-s and setcap -r")
	}
	if err := container.Fit(); err != nil {
		return 0, err
	}
	c, err := parse(args)
	if err != nil {
		return 0, err
	}
	status, err = c.run()
	if why := badRuntimeDir(); why != "" && foundNothing(c, err) {
		why = "XDG_RUNTIME_DIR " + why + ", so containers that were started with another one are not found"
		if err == nil {
			notice(why)
		} else {
			err = adding(err, "; "+why)
		}
	}
	return status, meant(blame(args, c, err))
}

// elevated tells whether the kernel gave this program ids or capabilities of its file. AT_SECURE of getauxval(3) alone does not
// say so: a security module sets it as well.
func elevated() bool {
	if os.Getuid() != os.Geteuid() || os.Getgid() != os.Getegid() {
		return true
	}
	const atSecure = 23
	vector, _ := unix.Auxv() // every kernel gives one
	if !slices.ContainsFunc(vector, func(entry [2]uintptr) bool { return entry[0] == atSecure && entry[1] != 0 }) {
		return false
	}
	var sets [2]unix.CapUserData
	err := unix.Capget(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &sets[0])
	return err != nil || sets[0].Permitted|sets[1].Permitted != 0
}

// notice says one line on stderr, which is all that urun writes there.
func notice(line string) { os.Stderr.WriteString("urun: " + printable(line) + "\n") }

func quiet(string) {}
