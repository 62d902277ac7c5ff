package main

import (
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/container"
)

// each does something with every container that is named, and says which ones it was done with. One that fails does not keep it
// from the others.
func each(names []string, do func(*container.Running) error) (status int, err error) {
	list, err := find(names)
	if err != nil {
		return 0, err
	}
	for i, r := range list {
		ferr := do(r)
		r.Close()
		if ferr == nil {
			_, ferr = os.Stdout.WriteString(printable(names[i]) + "\n")
		}
		if ferr != nil && err != nil {
			notice(err.Error())
		}
		if ferr != nil {
			err = ferr
		}
	}
	return 0, err
}

// find finds all of the containers, or none: nothing is done to the first when the second is a slip of the pen.
func find(names []string) (list []*container.Running, err error) {
	if err := tooLate(names); err != nil {
		return nil, err
	}
	for _, name := range names {
		r, ferr := access().Find(name)
		if err = ferr; err != nil {
			break
		}
		list = append(list, r)
	}
	if err != nil {
		for _, r := range list {
			r.Close()
		}
		return nil, err
	}
	return list, nil
}

// tooLate refuses flags where containers are expected, and says how they are written.
func tooLate(names []string) error { return behind("CONTAINER", names) }

// behind is the same of what has another name in the usage.
func behind(what string, names []string) error {
	at := slices.IndexFunc(names, isFlag)
	switch {
	case at < 0:
		return nil
	case at == 0: // behind "--"
		return errors.New("there is no " + strings.ToLower(what) + " " + strconv.Quote(names[0]) + "; flags go before --")
	}
	ordered := slices.Concat(names[at:], names[:at])
	return errors.New(strconv.Quote(names[at]) + " comes too late, flags go before " + what + ": write " + strings.Join(ordered, " "))
}

// alone refuses what comes behind the only container.
func alone(args []string) error {
	if err := tooLate(args); err != nil || len(args) == 1 {
		return err
	}
	return tooMuch(args[1], "CONTAINER")
}

func tooMuch(arg, what string) error {
	return errors.New(strconv.Quote(arg) + " is too much: it takes one " + what)
}

func (c *pauseCmd) run() (status int, err error) {
	return each(c.Names, func(r *container.Running) error { return r.Pause(!c.undo) })
}

func (c *killCmd) run() (status int, err error) {
	sig := unix.SIGKILL
	if c.Signal != "" {
		if sig, err = parseSignal("--signal", c.Signal); err != nil {
			return 0, err
		}
	}
	return each(c.Names, func(r *container.Running) error {
		if r.Paused() && sig != unix.SIGKILL {
			notice("the container " + r.Called() + " is paused; it gets the signal when it goes on (urun unpause " + r.Called() + ")")
		}
		return r.Kill(sig, c.All)
	})
}

// parseSignal reads a signal as kill(1) does: a name with or without SIG, or a number.
func parseSignal(flag, s string) (syscall.Signal, error) {
	if n, err := strconv.Atoi(s); err == nil && n > 0 && n <= 64 {
		return syscall.Signal(n), nil
	}
	name := strings.ToUpper(s)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	const first, last = 34, 64 // as glibc counts real-time signals: signal(7)
	for base, from := range map[string]int{"SIGRTMIN": first, "SIGRTMAX": last} {
		if offset, ok := strings.CutPrefix(name, base); ok {
			n, err := strconv.Atoi(offset)
			if sig := from + n; (offset == "" || err == nil) && sig >= first && sig <= last {
				return syscall.Signal(sig), nil
			}
		}
	}
	if sig := unix.SignalNum(name); sig != 0 {
		return sig, nil
	}
	return 0, complain(flag, s, errors.New("there is no such signal; write a name such as TERM, or a number (kill -l lists them)"))
}

func (c *updateCmd) run() (status int, err error) {
	resources, implied, err := c.Resources(blockDevice)
	if err != nil {
		return 0, err
	}
	if resources == nil && !slices.ContainsFunc(c.Names, isFlag) { // a flag behind a name is what each complains about
		return 0, errors.New("there is no limit to change: write one, such as --memory 1g; urun help update lists them")
	}
	return each(c.Names, func(r *container.Running) error { return r.Update(resources, implied) })
}

// blockDevice finds the numbers of a block device.
func blockDevice(path string) (major, minor int64, ok bool) {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFBLK {
		return 0, 0, false
	}
	return int64(unix.Major(st.Rdev)), int64(unix.Minor(st.Rdev)), true
}
