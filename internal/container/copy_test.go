package container

import (
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/userns"
)

// overlays are the steps that make the first overlay of an image, for few layers and for many.
var overlays = []string{"the layers as one", "the layers as one: their names are too long for fsconfig(2)"}

func isOverlay(s forkexec.Step) bool { return slices.Contains(overlays, s.Why) }

// withoutOverlay starts it on a kernel that has none.
func (r *rig) withoutOverlay(t *testing.T, errno syscall.Errno) outcome {
	t.Helper()
	return r.start(id("a"), func(o *outcome) {
		at := slices.IndexFunc(o.program.Steps(), isOverlay)
		if at < 0 {
			t.Fatal("there is no overlay")
		}
		o.program.Fail(at, errno)
	})
}

func TestWithoutOverlayAnImageIsCopied(t *testing.T) {
	const works = "test $(pwd) = /made/here; test -f /data/layer0; test -f /data/layer1; test -d /new/data; "
	for _, tt := range []struct {
		name   string
		f      faulty
		script string
		errno  syscall.Errno
		cause  string
	}{
		{"one id", faulty{mode: userns.Single, layers: 2}, works + "touch /x /made/here/x; rm /data/layer0", unix.ENODEV, "the kernel has no overlay"},
		{"refused", faulty{mode: userns.Single, layers: 2}, works + "touch /x", unix.EPERM, "the kernel refuses you an overlay"},
		{"full range", faulty{layers: 2}, works + "touch /x; chown 1:1 /x", unix.ENODEV, "the kernel has no overlay"},
		{"many layers", faulty{mode: userns.Single, layers: 120}, works + "test -f /data/layer119; touch /x", unix.ENODEV, "the kernel has no overlay"},
		{"ephemeral", faulty{mode: userns.Single, layers: 2, flags: withFiles(ocispec.FileFlags{Ephemeral: true})}, works + "touch /x", unix.ENODEV, "the kernel has no overlay"},
		{"read-only", faulty{mode: userns.Single, layers: 2, flags: withFiles(ocispec.FileFlags{ReadOnly: true, Volume: []string{"/etc/passwd:/none/such"}})},
			works + "! touch /x; ! touch /made/here/x; test -f /none/such; touch /new/data/x; rm /data/layer1", unix.ENODEV, "the kernel has no overlay"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := anImage(t, tt.f, tt.script)
			o := r.withoutOverlay(t, tt.errno)
			if o.err != nil || o.status != 0 || len(o.said) != 1 || !strings.HasPrefix(o.said[0], "each start copies the image (0 MB), and the copy goes with the container: "+tt.cause+"; an administrator can load") {
				t.Errorf("status %d, %v, said %q", o.status, o.err, o.said)
			}
			if r.copied != 1 || slices.ContainsFunc(o.launch.program.Steps(), isOverlay) || !strings.Contains(o.up.stand.Rung(), "image copied") {
				t.Errorf("copied %d times, rung %q", r.copied, o.up.stand.Rung())
			}
			if left := names(t, r.store().Containers()); len(left) > 0 {
				t.Errorf("left in containers/: %v", left)
			}
		})
	}
}

func TestWhereACopyIsNotWhatWasAskedFor(t *testing.T) {
	for _, tt := range []struct {
		name   string
		flags  ocispec.Flags
		change func(*rig)
		says   string
	}{
		{"strict", ocispec.Flags{}, func(r *rig) { r.strict = true }, "--strict: each start copies the image"},
		{"overlay", withFiles(ocispec.FileFlags{Overlay: "changes"}), func(*rig) {}, "no such file system"},
		{"nobody to copy", ocispec.Flags{}, func(r *rig) { r.prepared = func(l *launch) { l.opt.Image.Copy = nil } }, "nobody is there"},
		{"the host's processes", ocispec.Flags{ProcessFlags: ocispec.ProcessFlags{PID: "host"}}, func(*rig) {}, "no such file system"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := anImage(t, faulty{mode: userns.Single, layers: 2, flags: tt.flags}, "true")
			tt.change(r)
			o := r.withoutOverlay(t, unix.ENODEV)
			if o.err == nil || !strings.Contains(o.err.Error(), tt.says) || r.copied > 0 {
				t.Errorf("status %d, %v, copied %d times", o.status, o.err, r.copied)
			}
			if left := names(t, r.store().Containers()); len(left) > 0 {
				t.Errorf("left in containers/: %v", left)
			}
		})
	}
}
