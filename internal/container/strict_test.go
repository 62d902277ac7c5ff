package container

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/ladder"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/mount"
	"github.com/urun-project/urun/userns"
)

// A step that leads to a lower rung is said in one line where it fails, and with --strict it is the error.
func TestALowerRungIsSaidOrRefused(t *testing.T) {
	for _, tt := range []struct {
		of    faulty
		begin string // of the reason of the step that fails
		with  unix.Errno
		lost  ladder.Property
		rung  string
	}{
		{faulty{mode: userns.Single, net: network.None}, "the processes of this pid namespace", unix.EPERM, ladder.Proc, "shared /proc"},
		{faulty{mode: userns.Single, net: network.None}, "the kernel's objects", unix.EPERM, ladder.Sys, "shared /sys"},
		{faulty{mode: userns.Single, net: network.None}, "a session keyring of its own", unix.EDQUOT, ladder.Keyring, "shared keyring"},
		{faulty{mode: userns.Single, net: network.None}, "every port of its own network", unix.EROFS, ladder.Ports, "low ports root's"},
		{faulty{mode: userns.Single, net: network.None}, "every group may send pings", unix.EACCES, ladder.Ports, "low ports root's"},
		{faulty{mode: userns.Single, net: network.None, detach: true}, "the processes of this pid namespace", unix.EPERM, ladder.Proc, "shared /proc"},
		{faulty{mode: userns.Single, net: network.None, rootfs: "/", flags: ocispec.Flags{FileFlags: ocispec.FileFlags{Ephemeral: true}}}, "the superblock", unix.EINVAL, ladder.Writing, "partly read-only"},
		{faulty{mode: userns.Single, net: network.None, rootfs: "/", flags: readOnly}, "from here on for good", unix.E2BIG, ladder.Landlock, "no Landlock"},
		{faulty{mode: userns.Single, net: network.Auto}, "a device", unix.EBUSY, ladder.Driver, "lower driver"},
	} {
		r := rigged(t, tt.of)
		r.clean(t)
		before := r.settled(t)
		inject := func(o *outcome) {
			if i := stepOf(o.program, tt.begin); i < 0 {
				t.Errorf("no step is %q", tt.begin)
			} else {
				o.program.Fail(i, tt.with)
			}
		}
		o := r.start(id("f"), inject)
		lines := 0
		for _, line := range o.said {
			if len(o.up.stand.Lost) > 0 && line == o.up.stand.Lost[0].String() {
				lines++
			}
		}
		life := o.life()
		if o.err != nil || o.status != 0 || len(o.up.stand.Lost) != 1 || o.up.stand.Lost[0].Property != tt.lost || lines != 1 ||
			len(life.Losses) != 1 || life.Losses[0].Property != string(tt.lost) || life.Rung != "one id, "+tt.rung {
			t.Errorf("%s: status %d, %v, lost %v, said %q, record %+v", tt.begin, o.status, o.err, o.up.stand.Lost, o.said, life)
		}
		if left := before.remains(t, r); left != "" {
			t.Errorf("%s: %s", tt.begin, left)
		}

		r.strict = true
		if o = r.start(id("f"), func(*outcome) {}); o.err != nil || o.status != 0 || len(o.said) > 0 {
			t.Errorf("strict, and nothing is lost: status %d, %v, said %q", o.status, o.err, o.said)
		}
		o = r.start(id("f"), inject)
		var lost *ladder.LostError
		var e *Error
		if !errors.As(o.err, &lost) || lost.Lost[0].Property != tt.lost || !errors.As(o.err, &e) || e.Status != StatusFailed || !strings.HasPrefix(e.Says, "--strict: "+lost.Lost[0].Lost) {
			t.Errorf("%s, strict: status %d, %v", tt.begin, o.status, o.err)
		}
		if left := before.remains(t, r); left != "" {
			t.Errorf("%s, strict: %s", tt.begin, left)
		}
	}
}

// stepOf is the first step that has the reason or, where that begins a file system, the one that makes it.
func stepOf(p *forkexec.Program, begin string) int {
	steps := p.Steps()
	i := slices.IndexFunc(steps, func(s forkexec.Step) bool { return strings.HasPrefix(s.Why, begin) })
	for i >= 0 && steps[i].Trap == unix.SYS_FSOPEN || i > 0 && steps[i].Why[:6] == "option" {
		i++
	}
	return i
}

// What the cgroup of a container has not, is known late: the child waits for it.
func TestWhatACgroupHasNotIsSaidOrRefused(t *testing.T) {
	background := faulty{mode: userns.Single, net: network.None, detach: true, flags: limited}
	for _, tt := range []struct {
		of   faulty
		host func(*rig)
		lost ladder.Property
	}{
		{faulty{mode: userns.Single, net: network.None, flags: limited}, func(r *rig) {
			r.planned = func(l *launch) {
				l.place.request.Settings = append(l.place.request.Settings, cgroup2.Setting{File: "memory.swap.max", Value: "0", Implied: true})
			}
		}, ladder.Swap},
		{background, func(r *rig) { r.unit = "urun-x.scope" }, ladder.Linger}, // nobody has made the test's user linger
		{background, func(r *rig) {
			r.uncontrolled, r.planned = true, func(l *launch) { l.place.implied = true }
		}, ladder.Scope},
	} {
		r := rigged(t, tt.of)
		r.clean(t)
		if tt.host(r); tt.lost == ladder.Linger && lingers(uint32(os.Getuid())) {
			continue
		}
		before := r.settled(t)
		for _, r.strict = range []bool{false, true} {
			o := r.start(id("f"), func(*outcome) {})
			var lost *ladder.LostError
			switch {
			case r.strict && (!errors.As(o.err, &lost) || lost.Lost[0].Property != tt.lost || len(o.said) > 0):
				t.Errorf("%s, strict: %v, said %q", tt.lost, o.err, o.said)
			case !r.strict && (o.err != nil || len(o.said) != 1 || len(o.up.stand.Lost) != 1 || o.up.stand.Lost[0].Property != tt.lost || o.said[0] != o.up.stand.Lost[0].String()):
				t.Errorf("%s: %v, said %q, lost %v", tt.lost, o.err, o.said, o.up.stand.Lost)
			}
			if left := before.remains(t, r); left != "" {
				t.Errorf("%s: %s", tt.lost, left)
			}
		}
	}
}

// The cgroup namespace is made in time to refuse the start, and only the errno that means a limit is a loss.
func TestACgroupNamespaceThatCannotBeIsRefused(t *testing.T) {
	for errno, want := range map[unix.Errno]bool{unix.ENOSPC: true, unix.EPERM: false} {
		l := &launch{opt: Options{Strict: true}, tree: new(mount.Tree), at: barriers{cgroup: forkexec.Ref(3)}}
		l.up.wish = ladder.Wish{Given: &l.ids, OwnCgroup: true}
		for step, same := range map[int]bool{3: true, 4: false} {
			var lost *ladder.LostError
			err := l.forbidden(&forkexec.StepError{Index: step, Errno: errno})
			if got := errors.As(err, &lost) && lost.Lost[0].Property == ladder.CgroupNS; got != (want && same) || !got && err != nil {
				t.Errorf("step %d with %v: %v", step, errno, err)
			}
		}
		l.opt.Strict = false
		if err := l.forbidden(&forkexec.StepError{Index: 3, Errno: errno}); err != nil {
			t.Errorf("without --strict: %v", err)
		}
	}
}

// What keeps a container from the caller's cgroup is not missed where that cgroup is somebody else's.
func TestACgroupThatIsNotGuardedIsSaidOrRefused(t *testing.T) {
	r := rigged(t, faulty{mode: userns.Single, net: network.None})
	r.clean(t)
	inject := func(o *outcome) {
		o.program.Fail(stepOf(o.program, "the caller's cgroup could be written"), unix.EROFS)
	}
	want := 0
	if cgroupIsYours() {
		want = 1
	}
	if o := r.start(id("f"), inject); o.err != nil || len(o.up.stand.Lost) != want || len(all(o.up.stand.Lost, ladder.CgroupGuard)) != want {
		t.Errorf("%v, lost %v, and the cgroup is the caller's: %d", o.err, o.up.stand.Lost, want)
	}
	r.strict = true
	if o := r.start(id("f"), inject); (o.err == nil) != (want == 0) {
		t.Errorf("strict: %v, and the cgroup is the caller's: %d", o.err, want)
	}

	l := &launch{opt: Options{Strict: true}, tree: new(mount.Tree), at: barriers{guard: forkexec.Ref(3)}}
	l.up.wish = ladder.Wish{Given: &l.ids, OwnCgroup: true}
	for errno, want := range map[unix.Errno]bool{unix.EROFS: true, unix.EACCES: true, unix.ENOENT: true, unix.EIO: false} {
		var lost *ladder.LostError
		err := l.forbidden(&forkexec.StepError{Index: 3, Errno: errno})
		if got := errors.As(err, &lost) && lost.Lost[0].Property == ladder.CgroupGuard; got != want {
			t.Errorf("%v: %v", errno, err)
		}
	}
}

func all(list []ladder.Loss, of ladder.Property) []ladder.Loss {
	return slices.DeleteFunc(slices.Clone(list), func(l ladder.Loss) bool { return l.Property != of })
}
