package container

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/userns"
)

// What the parent does itself may fail as well, see actions: it is an error that says so, and nothing is left.
func TestEveryActionOfTheParentMayFail(t *testing.T) {
	single := func(m network.Mode, flags ocispec.Flags) faulty {
		return faulty{mode: userns.Single, net: m, flags: flags}
	}
	n := 0
	for _, tt := range []struct {
		what  string
		of    faulty
		spoil func(*testing.T, *rig)
		says  string
	}{
		{"the id maps are refused", single(network.None, ocispec.Flags{}), func(_ *testing.T, r *rig) {
			r.prepared = func(l *launch) { l.ids.UIDs[0].HostID = 0 }
		}, "write uid_map of "},
		{"no record can be made", single(network.None, limited), func(t *testing.T, r *rig) {
			r.planned = func(l *launch) { l.record.states = []string{"/dev/null/states"} }
		}, "/dev/null/states"},
		{"no cgroup can be made", single(network.None, limited), func(_ *testing.T, r *rig) { r.uncontrolled = true }, `cgroup.procs": input/output error; `},
		{"a limit does not arrive", single(network.None, limited), func(t *testing.T, r *rig) {
			if err := os.Chmod(r.dir+"/cgroup/pids.max", 0o400); err != nil {
				t.Fatal(err)
			}
			r.planned = func(l *launch) { l.place.request.Settings[0].Value = "63 or so" }
		}, "pids.max=\"63 or so\""},
		{"urun-netstack is no program", single(network.Gvisor, ocispec.Flags{}), script("urun-netstack", "#!/no/such/interpreter\n"), "urun-netstack"},
		{"urun-netstack hangs up", single(network.Gvisor, ocispec.Flags{}), script("urun-netstack", "#!/bin/sh\nexec <&-; echo cannot >&2; exit 1\n"), "urun-netstack: ended with status 1: cannot"},
		{"slirp4netns is no program", single(network.Slirp4netns, ocispec.Flags{}), script("slirp4netns", "#!/no/such/interpreter\n"), "slirp4netns"},
		{"slirp4netns cannot", single(network.Slirp4netns, ocispec.Flags{}), script("slirp4netns", "#!/bin/sh\necho cannot >&2; exit 1\n"), "slirp4netns: ended with status 1: cannot"},
		{"slirp4netns is killed", single(network.Slirp4netns, ocispec.Flags{}), script("slirp4netns", "#!/bin/sh\nkill -9 $$\n"), "slirp4netns: was killed by signal SIGKILL"},
		{"there is no descriptor for the pty", faulty{mode: userns.Single, net: network.None, tty: true}, withoutDescriptors, "descriptor"},
		{"there is no descriptor for the device", single(network.Gvisor, ocispec.Flags{}), withoutDescriptors, "descriptor"},
		{"the pid cannot be told", single(network.None, ocispec.Flags{}), func(_ *testing.T, r *rig) {
			r.prepared = func(l *launch) { l.opt.PIDFile = "/dev/null/pid" }
		}, "--pidfile \"/dev/null/pid\": "},
		{"nobody could attach", faulty{mode: userns.Single, net: network.None, detach: true}, func(t *testing.T, r *rig) {
			r.compiled = func(l *launch) {
				if err := errors.Join(l.record.wait(), os.WriteFile(l.record.dir()+"/attach", nil, 0o600)); err != nil {
					t.Error(err)
				}
			}
		}, "attach"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			r := rigged(t, tt.of)
			r.clean(t)
			r.clean(t)
			before := r.settled(t)
			tt.spoil(t, r)
			var old unix.Rlimit
			if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
				t.Fatal(err)
			}
			o := r.start(id("f"), func(o *outcome) {
				if r.compiled != nil {
					r.compiled(o.launch)
				}
			})
			if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
				t.Fatal(err)
			}
			// Nothing waits for urun-netstack: where it takes its time to end, the command has run by then.
			late := o.err == nil && slices.Equal(o.said, []string{"the container has no network any more: " + strings.Replace(tt.says, ": ", " ", 1)})
			var e *Error
			if late && strings.HasPrefix(tt.says, network.StackProgram) {
				t.Log(o.said[0])
			} else if !errors.As(o.err, &e) || e.Status != StatusFailed || len(e.Says) < 30 || strings.ContainsAny(e.Says, "\n\r") || !strings.Contains(e.Says, tt.says) {
				t.Errorf("status %d, %v, said %q; want one line that says %q", o.status, o.err, o.said, tt.says)
			}
			if err := before.remains(t, r); err != "" {
				t.Error(err)
			}
		})
		n++
	}
	t.Logf("%d faults of the parent", n)
}

// script has another program in the place of a driver.
func script(name, content string) func(*testing.T, *rig) {
	return func(t *testing.T, r *rig) {
		if err := os.WriteFile(r.places.Path+"/"+name, []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

// withoutDescriptors lets the parent open nothing once its program is compiled and the maps are written; the child has a limit of its own.
func withoutDescriptors(t *testing.T, r *rig) {
	r.compiled = func(l *launch) {
		err := <-l.maps
		l.maps <- err
		var limit unix.Rlimit
		if err = unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err == nil {
			limit.Cur = 3
			err = unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
		}
		if err != nil {
			t.Error(err)
		}
	}
}
