package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/urun-project/urun/internal/container"
	"github.com/urun-project/urun/internal/logfile"
	"github.com/urun-project/urun/internal/state"
)

// apply puts what the flags say into the options. front is the socket to the urun that waits for a container in the background.
func (f *lifeFlags) apply(o *container.Options, stdin bool, front *os.File) (err error) {
	o.CIDFile, o.PIDFile = f.CIDFile, f.PIDFile
	if o.Timeout, err = seconds("--timeout", f.Timeout, 0); err != nil {
		return err
	}
	w := state.Wishes{Detached: f.Detach, Keep: f.Detach && (f.Rm == nil || !*f.Rm), Stdin: stdin && f.Detach}
	if f.StopSignal != "" {
		sig, err := parseSignal("--stop-signal", f.StopSignal)
		if err != nil {
			return err
		}
		w.StopSignal = int(sig)
	}
	if f.StopTimeout != "" {
		d, err := seconds("--stop-timeout", f.StopTimeout, -1)
		if err != nil {
			return err
		}
		n := int(d / time.Second)
		w.StopTimeout = &n
	}
	o.Wishes = w
	if f.Rm != nil && !*f.Rm && !f.Detach {
		return errors.New("--rm=false: nothing is kept of a container in the foreground; what is written to ROOTFS and to volumes stays there")
	}
	if !f.Detach {
		if f.LogDriver != "" || f.LogOpt != nil {
			return errors.New("--log-driver and --log-opt are for a container in the background (--detach); in the foreground its output is urun's own")
		}
		return nil
	}
	if o.Timing {
		return errors.New("--timing shows at the end where the time went, when nobody would see it; leave --detach out")
	}
	o.Detach = &container.Detach{Front: front}
	return f.log(o.Detach)
}

// log chooses where the output is kept.
func (f *lifeFlags) log(d *container.Detach) (err error) {
	if d.Log, err = logfile.ParseOptions(f.LogOpt); err != nil {
		return err
	}
	switch f.LogDriver {
	case "", "k8s-file", "json-file", "local": // all mean a file; podman's json-file is its k8s-file, too
		d.Logs = logDirs()
	case "none":
		if f.LogOpt != nil {
			return errors.New("--log-opt: with --log-driver none there is no log; leave one of them out")
		}
	default:
		return complain("--log-driver", f.LogDriver, errors.New("there is k8s-file (the default), whose lines urun logs shows, and none"))
	}
	return nil
}

// logDirs are where logs may be kept: the runtime directory is memory.
func logDirs() (dirs []string) {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		dirs = append(dirs, filepath.Join(dir, "urun"))
	}
	if dir := os.Getenv("HOME"); filepath.IsAbs(dir) {
		dirs = append(dirs, filepath.Join(dir, ".local/state/urun"))
	}
	return append(dirs, filepath.Join(os.TempDir(), "urun-logs-"+strconv.Itoa(os.Getuid())))
}

// seconds reads a number of seconds, least or more; "" is 0.
func seconds(flag, s string, least int) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > 1<<31 {
		return 0, errors.New(flag + " " + strconv.Quote(s) + ": write a number of seconds, " + strconv.Itoa(least) + " or more")
	}
	return time.Duration(n) * time.Second, nil
}
