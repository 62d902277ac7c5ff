package container

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/userns"
)

// anImage is a container from an image that runs a script of the shell's.
func anImage(t *testing.T, f faulty, script string) *rig {
	t.Helper()
	f.net = network.None
	r := rigged(t, f)
	r.command = []string{"/bin/sh", "-ec", script}
	return r
}

// succeeds fails the test unless the script did, having said these lines at most.
func (r *rig) succeeds(t *testing.T, says ...string) {
	t.Helper()
	if o := r.start(id("a"), func(*outcome) {}); o.err != nil || o.status != 0 || !slices.Equal(o.said, says) {
		t.Errorf("status %d, %v, said %q", o.status, o.err, o.said)
	}
	if left := names(t, r.store().Containers()); len(left) > 0 {
		t.Errorf("left in containers/: %v", left)
	}
}

func withFiles(flags ocispec.FileFlags) ocispec.Flags { return ocispec.Flags{FileFlags: flags} }

// Few layers are put together by fsconfig(2), many by mount(2).
func TestAnImageIsAllOfItsLayers(t *testing.T) {
	for _, layers := range []int{1, 2, 80, 100, 500} {
		t.Run(strconv.Itoa(layers), func(t *testing.T) {
			r := anImage(t, faulty{mode: userns.Single, layers: layers}, "set -- /data/*; test $# = "+strconv.Itoa(layers)+`; for i; do test "${i#/data/layer}" = "$(cat "$i")"; done; echo x > /data/layer0; rm -f /data/layer1; mv /data /other; test "$(cat /other/layer0)" = x`)
			r.succeeds(t)
			r.succeeds(t) // as if nothing had been written
		})
	}
}

func TestSoManyLayersAreTooMany(t *testing.T) {
	l := &launch{opt: Options{Image: &Image{Name: "many", Record: layered(501)}}}
	if err := l.chooseLayers(); err == nil || !strings.Contains(err.Error(), "has 501 layers, and the kernel puts 500 together at most; build it anew with its layers squashed") {
		t.Error(err)
	}
	l.opt.Image.Record = layered(0)
	if err := l.chooseLayers(); err == nil || !strings.Contains(err.Error(), "no layers") {
		t.Error(err)
	}
}

func TestTheRootOfAnImageIsWhereItIsWrittenTo(t *testing.T) {
	const works = "test $(pwd) = /made/here; test \"$FROM\" = image; test -d /new/data; "
	for _, tt := range []struct {
		name   string
		flags  ocispec.Flags
		script string
	}{
		{"disk", ocispec.Flags{}, works + "touch /x /data/x /made/here/x /new/data/x"},
		{"memory", withFiles(ocispec.FileFlags{Ephemeral: true}), works + "touch /x /data/x"},
		// A volume of the image keeps what is in it, and can be written.
		{"read-only", withFiles(ocispec.FileFlags{ReadOnly: true, Volume: []string{"/etc/passwd:/none/such"}}),
			works + "! touch /x; ! touch /made/here/x; test -f /none/such; touch /data/x /new/data/x; test -f /data/layer0; rm /data/layer1"},
		{"volumes in memory", withFiles(ocispec.FileFlags{ReadOnly: true, ImageVolume: "tmpfs"}), works + "! touch /x; touch /data/x; ! test -f /data/layer0"},
		{"no volumes", withFiles(ocispec.FileFlags{ReadOnly: true, ImageVolume: "ignore"}), "! touch /data/x; ! test -d /new/data"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			anImage(t, faulty{mode: userns.Single, layers: 2, flags: tt.flags}, tt.script).succeeds(t)
		})
	}
}

func TestOverlayKeepsWhatIsWrittenAboveAnImage(t *testing.T) {
	r := anImage(t, faulty{mode: userns.Single, layers: 2, flags: withFiles(ocispec.FileFlags{Overlay: "changes"})}, "test -f /x || test -f /data/layer0; echo kept > /x; rm -f /data/layer0")
	r.succeeds(t)
	r.succeeds(t)
	if b, err := os.ReadFile(r.dir + "/changes/upper/x"); err != nil || string(b) != "kept\n" {
		t.Errorf("%q, %v", b, err)
	}
}

// The store may be on a network's file system, or on an overlay: an upper layer cannot be there.
func TestWhereTheStoreCannotBeWrittenOnThereIsMemory(t *testing.T) {
	for _, tt := range []struct {
		layers int
		at     string // the step at which the kernel says so
	}{
		{2, "option upperdir=store/upper of overlay"}, // since 6.5
		{2, "option workdir=store/work of overlay"},
		{2, "make the overlay"}, // before
		{2, "option volatile of overlay"},
		{120, "the layers as one: their names are too long for fsconfig(2)"},
	} {
		t.Run(tt.at, func(t *testing.T) {
			r := anImage(t, faulty{mode: userns.Single, layers: tt.layers}, "touch /x /data/x; rm /data/layer0")
			refuse := func(o *outcome) {
				at := slices.IndexFunc(o.program.Steps(), func(s forkexec.Step) bool { return s.Why == tt.at })
				if at < 0 {
					t.Fatal("there is no such step")
				}
				o.program.Fail(at, unix.EINVAL)
			}
			o := r.start(id("a"), refuse)
			if o.err != nil || o.status != 0 || len(o.said) != 1 || !strings.HasPrefix(o.said[0], "what the container writes to its root is kept in memory: ") {
				t.Errorf("status %d, %v, said %q", o.status, o.err, o.said)
			}
			if !strings.Contains(o.up.stand.Rung(), "writes in memory") {
				t.Errorf("rung %q", o.up.stand.Rung())
			}
			r.strict = true
			if o := r.start(id("a"), refuse); o.err == nil || !strings.Contains(o.err.Error(), "--strict: what the container writes") {
				t.Errorf("--strict: status %d, %v", o.status, o.err)
			}
		})
	}
}

// A store that others keep may be read-only.
func TestAStoreThatCannotBeWrittenHasItsImagesRunInMemory(t *testing.T) {
	r := anImage(t, faulty{mode: userns.Single, layers: 2}, "touch /x")
	must(t, os.Chmod(r.store().Containers(), 0o500))
	o := r.start(id("a"), func(*outcome) {})
	if o.err != nil || o.status != 0 || len(o.said) != 1 || !strings.Contains(o.said[0], "permission denied") {
		t.Errorf("status %d, %v, said %q", o.status, o.err, o.said)
	}
}

// Trees are of one id map. Those of another are made once, when the ids are sure, and that is said.
func TestLayersAreUnpackedForOtherIDsOnce(t *testing.T) {
	r := anImage(t, faulty{mode: userns.KeepID, layers: 2}, "test $(id -u) = "+strconv.Itoa(os.Getuid())+"; touch /tmp/x /made/here/x; test $(stat -c %u /made/here) = $(id -u)")
	must(t, os.Chmod(filepath.Join(r.store().Tree(layered(2).Trees(ownersOfCaller())[0]), "tmp"), 0o1777))
	r.succeeds(t, "unpacking localhost/layered:2 for these ids, once")
	r.succeeds(t)
	if r.unpacked != 1 {
		t.Errorf("unpacked %d times", r.unpacked)
	}
}

func TestWithoutAnyoneToUnpackThereIsNoStart(t *testing.T) {
	r := anImage(t, faulty{mode: userns.KeepID, layers: 2}, "true")
	r.prepared = func(l *launch) { l.opt.Image.Unpack = nil }
	o := r.start(id("a"), func(*outcome) {})
	if o.err == nil || !strings.Contains(o.err.Error(), `unpack "localhost/layered:2" for these ids: `) {
		t.Errorf("status %d, %v", o.status, o.err)
	}
}

// The map of one id, which is taken when newuidmap is refused, may have trees of its own.
func TestALowerRungHasTreesOfItsOwn(t *testing.T) {
	r := anImage(t, faulty{layers: 2}, "touch /x")
	r.first = func(l *launch) { l.ids.NewUIDMap.Path = "/bin/false" }
	o := r.start(id("a"), func(*outcome) {})
	if o.err != nil || o.status != 0 {
		t.Errorf("status %d, %v, said %q", o.status, o.err, o.said)
	}
}

func TestMapsWithoutTheCallerCannotReachTheStore(t *testing.T) {
	s := sample{layers: 2, flags: ocispec.Flags{IdentityFlags: ocispec.IdentityFlags{MapFlags: ocispec.MapFlags{UIDMap: []string{"0:100000:65536"}}}}}
	l, err := s.decided(t)
	if err == nil || !strings.Contains(err.Error(), "such as --uidmap 65534:1000:1") {
		t.Errorf("%v, %v", l.ids, err)
	}
}

func TestAnImageOfAnotherMachineIsSaid(t *testing.T) {
	for platform, says := range map[string]bool{"linux/amd64": false, "linux/s390x": true, "linux/mips64le/x": true, "windows/amd64": true, "": true} {
		platform = strings.Replace(platform, "amd64", runtime.GOARCH, 1)
		var said []string
		l := &launch{opt: Options{Image: &Image{Name: "app", Record: image.Record{Platform: platform}}, Notice: func(line string) { said = append(said, line) }}}
		l.checkPlatform()
		if (len(said) > 0) != says {
			t.Errorf("%q: %q", platform, said)
		}
	}
}

// What a killed urun has left goes with the next sweep; what another one has in use, stays.
func TestWhatDeadContainersWroteIsCollected(t *testing.T) {
	r := anImage(t, faulty{mode: userns.Single, layers: 1}, "true")
	live, err := r.store().NewContainer(id("b"))
	must(t, err)
	dead, err := r.store().NewContainer(id("c"))
	must(t, err)
	must(t, os.MkdirAll(dead.Path+"/upper/a", 0o700))
	must(t, os.MkdirAll(dead.Path+"/work/work/incompat", 0o700))
	must(t, os.Chmod(dead.Path+"/work/work/incompat", 0))
	must(t, os.Chmod(dead.Path+"/upper", 0))
	must(t, dead.Leave())
	must(t, Access{Store: r.store()}.CollectWrites())
	if left := names(t, r.store().Containers()); !slices.Equal(left, []string{id("b")}) {
		t.Errorf("left are %v", left)
	}
	must(t, live.Close())
}
