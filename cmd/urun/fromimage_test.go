package main

import (
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/urun-project/urun/internal/container"
	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/ocispec"
)

// stored is a store with one image in it.
func stored(t *testing.T, config image.Config) image.Store {
	t.Helper()
	s := image.Store{Dir: t.TempDir()}
	d := image.Digest("sha256:" + strings.Repeat("a", 64))
	r := image.Record{Manifest: d, ID: strings.Repeat("b", 64), Platform: "linux/amd64", Config: config, Layers: []image.Layer{{Blob: d, DiffID: d, Chain: d}}}
	for _, err := range []error{s.Make(), s.Save(r, nil, nil), s.Tag("docker.io/library/app:1", d, "")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestAWordThatIsNoPathMayBeAnImage(t *testing.T) {
	s := stored(t, image.Config{})
	t.Chdir(t.TempDir())
	for word, want := range map[string]string{
		"app:1": "docker.io/library/app:1", "docker.io/library/app:1": "docker.io/library/app:1", "bbbb": "docker.io/library/app:1",
		"./app:1": "", "/app:1": "", ".": "",
	} {
		img, err := (&runCmd{Rootfs: word}).fromStore(s)
		if err != nil || (img != nil) != (want != "") || img != nil && (img.Name != want || img.Record.ID != strings.Repeat("b", 64)) {
			t.Errorf("%q: %+v, %v", word, img, err)
		}
		if img == nil {
			continue
		}
		if _, err := s.Remove(img.Record, nil); err == nil || !errors.As(err, new(*image.InUseError)) {
			t.Errorf("%q: removed while it is used: %v", word, err)
		}
		img.Use.Close()
	}
}

func TestWhatAnImageSaysIsTakenOver(t *testing.T) {
	s := stored(t, image.Config{User: "app", Cmd: []string{"serve"}, StopSignal: "SIGQUIT"})
	img, err := (&runCmd{Rootfs: "app:1"}).fromStore(s)
	if err != nil {
		t.Fatal(err)
	}
	defer img.Use.Close()
	start := func(o container.Options) (container.Options, ocispec.Invocation, []string) {
		var said []string
		var in ocispec.Invocation
		o.Store, o.Notice = s, func(line string) { said = append(said, line) }
		(&runCmd{}).startFrom(img, &o, &in)
		return o, in, said
	}
	o, in, said := start(container.Options{})
	if o.Image != img || o.Wishes.StopSignal != int(syscall.SIGQUIT) || in.Image.User != "app" || !slices.Equal(in.Image.Cmd, []string{"serve"}) || in.Rootfs != s.Record(img.Record.Manifest) || said != nil {
		t.Errorf("%+v, %+v, said %q", o.Wishes, in, said)
	}
	var flagged container.Options
	flagged.Wishes.StopSignal = int(syscall.SIGINT)
	if o, _, _ := start(flagged); o.Wishes.StopSignal != int(syscall.SIGINT) {
		t.Errorf("--stop-signal yields to the image's: %+v", o.Wishes)
	}
	img.Record.Config.StopSignal = "SIGNOTHING"
	if o, _, said := start(container.Options{}); o.Wishes.StopSignal != 0 || len(said) != 1 || !strings.Contains(said[0], "it is stopped with SIGTERM") {
		t.Errorf("%+v, said %q", o.Wishes, said)
	}
}
