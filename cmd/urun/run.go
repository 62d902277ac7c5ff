package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/container"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/internal/state"
	"github.com/urun-project/urun/userns"
)

func (c *runCmd) run() (status int, err error) {
	if c.Explain != "" {
		spec, o, err := c.compile(nil)
		if err != nil {
			return 0, err
		}
		return 0, c.Explain.show(spec, o)
	}
	front, supervises := container.Supervisor(os.Args)
	if c.Detach && !supervises {
		args, err := c.fetchFirst(os.Args[1:])
		if err != nil {
			return 0, err
		}
		swept := make(chan struct{})
		go func() { // while there is nothing else to do; the urun that stays is to stay small
			access().Sweep(logDirs())
			close(swept)
		}()
		id, status, err := container.Background(args, slimEnviron(os.Environ()))
		if id != "" {
			if _, err = os.Stdout.WriteString(id + "\n"); err != nil {
				err = errors.New("the container " + id + " runs, and that could not be written: " + err.Error())
			}
		}
		<-swept
		return status, err
	}
	if supervises {
		plainEnviron()
	}
	file, err := openResult(c.JSON)
	if err != nil {
		return 0, err
	}
	var notices []string
	var mu sync.Mutex // a driver's end is told while the container runs
	var r container.Result
	spec, o, err := c.compile(front)
	if o.Image != nil {
		defer o.Image.Use.Close()
	}
	if err == nil && c.Replace {
		err = replace(o, c.Name)
	}
	if err == nil {
		say := o.Notice
		o.Notice = func(line string) {
			mu.Lock()
			defer mu.Unlock()
			notices = append(notices, line)
			say(line)
		}
		r, err = container.Run(spec, o)
		err = c.misplaced(err)
		if terr := c.Timing.tell(r.Timings); err == nil {
			err = terr
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if file != nil {
		if werr := writeResult(file, o, c.Name, r, notices, err); werr != nil {
			notice("--json: " + werr.Error())
		}
	}
	return r.Status, err
}

// replace removes the container that has the name.
func replace(o container.Options, name string) error {
	if name == "" {
		return errors.New("--replace is for a container with a --name")
	}
	a := container.Access{Buses: o.Buses, States: o.States, Store: o.Store}
	r, err := a.Known(name)
	var missing *state.NotFoundError
	if errors.As(err, &missing) || err == nil && r.Name != name {
		return nil
	}
	if err == nil {
		err = a.Stop(r, container.Stopping{Notice: quiet, Timeout: new(time.Duration)})
	}
	if err == nil && r.Keep {
		err = a.Remove(r)
	}
	return err
}

// compile turns the flags into what a container is started from.
func (c *runCmd) compile(front *os.File) (*specs.Spec, container.Options, error) {
	o := container.Options{TTYs: container.FindTerminals(), Timing: c.Timing != "", Debug: debugging(c.Debug && c.Explain == ""), Notice: notice, Within: within(), Runtime: badRuntimeDir(), Strict: c.Strict}
	if c.Quiet {
		o.Notice = quiet
	}
	a := access()
	o.ID, o.Buses, o.States, o.Store = newID(), a.Buses, a.States, a.Store
	img, err := c.fromStore(o.Store)
	if err != nil {
		return nil, o, err
	}
	cwd, err := os.Getwd()
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, o, err
	}
	net := c.NetFlags
	if img != nil && net.PublishAll {
		net.Expose = append(net.Expose, img.Record.Config.ExposedPorts...)
	}
	if o.Network, err = networkOf(net); err != nil {
		return nil, o, err
	}
	o.Places = places()
	if err := c.apply(&o, c.Interactive, front); err != nil {
		return nil, o, err
	}
	in := ocispec.Invocation{
		ID: o.ID, Rootfs: c.Rootfs, Command: c.Command, Environ: os.Environ(), Cwd: cwd,
		TerminalIn: !c.Detach && terminal(0), TerminalOut: !c.Detach && terminal(1), IsDir: isDir, IsDevice: isDevice, BlockDevice: blockDevice, NetworkOf: func(name string) (int, error) {
			r, err := a.Lookup(name)
			if err == nil {
				o.Joined = &r
			}
			return r.Pid, err
		},
	}
	if img != nil {
		c.startFrom(img, &o, &in)
	}
	spec, extra, err := ocispec.FromFlags(c.flags(), in)
	if err != nil {
		return nil, o, err
	}
	o.Extra = extra
	o.UserNS, err = wish(extra.Userns, extra.UIDMaps, extra.GIDMaps)
	return spec, o, err
}

// wish is what the flags ask of the id maps.
func wish(mode string, uidmaps, gidmaps []string) (w userns.Wish, err error) {
	w.Mode = map[string]userns.Mode{"auto": userns.Auto, "single": userns.Single, "keep-id": userns.KeepID, "custom": userns.Custom}[mode]
	for _, flag := range []struct {
		name string
		maps []string
		to   *[]specs.LinuxIDMapping
	}{{"--uidmap", uidmaps, &w.UIDMaps}, {"--gidmap", gidmaps, &w.GIDMaps}} {
		for _, s := range flag.maps {
			m, err := userns.ParseMap(s)
			if err != nil {
				return w, errors.New(flag.name + ": " + err.Error())
			}
			*flag.to = append(*flag.to, m)
		}
	}
	return w, nil
}

// show prints the compiled container and starts nothing.
func (f explainFlag) show(spec *specs.Spec, o container.Options) error {
	plan, err := container.Compile(spec, o)
	if err != nil {
		return err
	}
	return f.print(plan)
}

// printJSON prints something for programs.
func printJSON(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	return printText(tame(b.String()))
}

// tame escapes what JSON leaves as it is and a terminal may obey. All of it is in strings.
func tame(text string) string {
	if strings.IndexFunc(text, obeyed) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if obeyed(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func obeyed(r rune) bool { return r >= 0x7f && r < 0xa0 }

// newID is the container's id: 64 hex digits, as podman's and docker's are.
func newID() string {
	var b [32]byte
	// It fails only before the kernel's pool is ready, minutes before anyone can log in; the name then is "urun".
	if n, err := unix.Getrandom(b[:], unix.GRND_NONBLOCK); err != nil || n != len(b) {
		return ""
	}
	return hex.EncodeToString(b[:])
}

// terminal tells whether a descriptor is a terminal that urun may use. In the background it may not: to change its mode
// there would stop urun (SIGTTOU, termios(3)).
func terminal(fd int) bool {
	if _, err := unix.IoctlGetTermios(fd, unix.TCGETS); err != nil {
		return false
	}
	group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err != nil || group == unix.Getpgrp()
}

func isDir(path string) bool {
	var st unix.Stat_t
	return unix.Stat(path, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR
}

func isDevice(path string) (exists, device bool) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return err != unix.ENOENT && err != unix.ENOTDIR, err == unix.EACCES
	}
	kind := st.Mode & unix.S_IFMT
	return true, kind == unix.S_IFCHR || kind == unix.S_IFBLK
}
