package ocispec

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// anImage is an invocation whose ROOTFS is an image.
func anImage(config ImageConfig, command ...string) Invocation {
	in := here()
	in.Rootfs, in.Image, in.Command = "/home/me/.local/share/urun/images/records/0", &config, command
	return in
}

// As podman does: an image's command is for its own entrypoint, and an empty entrypoint is one that takes the image's away.
func TestTheCommandIsPutTogetherAsPodmanDoes(t *testing.T) {
	given := func(s string) *string { return &s }
	words := strings.Fields
	for _, tt := range []struct {
		entrypoint, cmd string  // the image's
		flag            *string // --entrypoint
		command         string
		want            string // "": the user's shell
	}{
		{"", "", nil, "", ""},
		{"", "", nil, "ls -l", "ls -l"},
		{"", "serve -p 80", nil, "", "serve -p 80"},
		{"", "serve -p 80", nil, "sh", "sh"},
		{"/init --", "", nil, "", "/init --"},
		{"/init --", "serve", nil, "", "/init -- serve"},
		{"/init --", "serve", nil, "sh -c x", "/init -- sh -c x"},
		{"/init --", "serve", given("/other"), "", "/other"},
		{"/init --", "serve", given("/other"), "sh", "/other sh"},
		{"/init --", "serve", given(`["/other", "-v"]`), "sh", "/other -v sh"},
		{"/init --", "serve", given(`["/other", "-v"]`), "", "/other -v"},
		{"/init --", "serve", given(""), "", ""},
		{"/init --", "serve", given(""), "sh", "sh"},
		{"/init --", "serve", given("[]"), "", "serve"}, // none, but not another one
		{"/init --", "serve", given(`[""]`), "sh", "sh"},
		{"", "", given("[broken"), "x", "[broken x"},
	} {
		in := anImage(ImageConfig{Entrypoint: words(tt.entrypoint), Cmd: words(tt.cmd)}, words(tt.command)...)
		spec, extra := mustSpec(t, &Flags{ProcessFlags: ProcessFlags{Entrypoint: tt.flag}}, in)
		if got := strings.Join(spec.Process.Args, " "); got != tt.want || extra.DefaultCommand != (tt.want == "") {
			t.Errorf("%+v: %q, shell %v", tt, got, extra.DefaultCommand)
		}
	}
	in := anImage(ImageConfig{Entrypoint: []string{""}, Cmd: []string{"sh"}})
	if spec, _ := mustSpec(t, &Flags{}, in); !slices.Equal(spec.Process.Args, []string{"sh"}) {
		t.Errorf("an image with an empty entrypoint: %q", spec.Process.Args)
	}
}

func TestAnImagesVariablesAreBelowTheUsers(t *testing.T) {
	image := []string{"PATH=/app/bin", "A=image", "B=image", "container=oci", "HOSTNAME=image", "=nothing", "BARE", "TERM=dumb"}
	in := anImage(ImageConfig{Env: image})
	in.TerminalIn, in.TerminalOut = true, true
	spec, _ := mustSpec(t, &Flags{ProcessFlags: ProcessFlags{Env: []string{"B=mine", "MINE"}}}, in)
	if want := []string{"PATH=/app/bin", "A=image", "B=mine", "container=oci", "HOSTNAME=image", "BARE=", "TERM=dumb", "MINE=1"}; !slices.Equal(spec.Process.Env, want) {
		t.Errorf("%q", spec.Process.Env)
	}
	spec, _ = mustSpec(t, &Flags{}, anImage(ImageConfig{}))
	if !slices.Contains(spec.Process.Env, "PATH="+defaultPath) || !slices.Contains(spec.Process.Env, "container=urun") {
		t.Errorf("%q", spec.Process.Env)
	}
}

// The image's user is the one of its own passwd; who stays himself is not that.
func TestTheImagesUserYieldsToTheFlags(t *testing.T) {
	for _, tt := range []struct {
		flags IdentityFlags
		want  string
	}{
		{IdentityFlags{}, "app:staff"},
		{IdentityFlags{User: "7"}, "7"},
		{IdentityFlags{MapFlags: MapFlags{Userns: "keep-id"}}, ""},
		{IdentityFlags{MapFlags: MapFlags{Userns: "keep-id"}, User: "7"}, "7"},
	} {
		if _, extra := mustSpec(t, &Flags{IdentityFlags: tt.flags}, anImage(ImageConfig{User: "app:staff"})); extra.User != tt.want {
			t.Errorf("%+v: %q", tt.flags, extra.User)
		}
	}
	if spec, _ := mustSpec(t, &Flags{}, anImage(ImageConfig{User: "7:8"})); spec.Process.User.UID != 7 || spec.Process.User.GID != 8 {
		t.Errorf("%+v", spec.Process.User)
	}
}

func TestTheWorkingDirectoryOfAnImageIsMade(t *testing.T) {
	for _, tt := range []struct {
		image, flag, want string
		makes             bool
	}{
		{"", "", "/", false},
		{"/srv/app/", "", "/srv/app", true},
		{"srv/../../app", "", "/app", true}, // podman takes such a one as from /
		{"/srv/app", "/tmp", "/tmp", false},
	} {
		spec, extra := mustSpec(t, &Flags{FileFlags: FileFlags{Workdir: tt.flag}}, anImage(ImageConfig{WorkingDir: tt.image}))
		if spec.Process.Cwd != tt.want || extra.MakeCwd != tt.makes {
			t.Errorf("%+v: %q, %v", tt, spec.Process.Cwd, extra.MakeCwd)
		}
	}
}

func TestAnImagesVolumesAreWhereTheUserHasMountedNothing(t *testing.T) {
	image := ImageConfig{Volumes: []string{"/var/lib/db", "/cache", "/cache/deep", "data", "/", "/mine/below", "/dev/shm", "/none"}}
	for _, tt := range []struct {
		kind      string
		dirs, tmp []string
	}{
		{"", []string{"/cache", "/data", "/none", "/var/lib/db"}, nil},
		{"bind", []string{"/cache", "/data", "/none", "/var/lib/db"}, nil},
		{"tmpfs", nil, []string{"/cache", "/data", "/none", "/var/lib/db"}},
		{"ignore", nil, nil},
	} {
		f := &Flags{FileFlags: FileFlags{ImageVolume: tt.kind, Volume: []string{"/home/me:/mine", "/home/me/x:/var/lib/db/x"}}}
		spec, extra := mustSpec(t, f, anImage(image))
		var tmp []string
		at := map[string]int{}
		for i, m := range spec.Mounts {
			at[m.Destination] = i
			if m.Type == "tmpfs" && m.Destination[:4] != "/dev" {
				tmp = append(tmp, m.Destination)
			}
		}
		if slices.Sort(tmp); !slices.Equal(extra.ImageVolumes, tt.dirs) || !slices.Equal(tmp, tt.tmp) {
			t.Errorf("%q: %q, in memory %q", tt.kind, extra.ImageVolumes, tmp)
		}
		if tt.kind == "tmpfs" && at["/var/lib/db/x"] < at["/var/lib/db"] {
			t.Error("what the user shows is hidden by the volume around it")
		}
	}
	if _, _, err := FromFlags(&Flags{FileFlags: FileFlags{ImageVolume: "overlay"}}, anImage(image)); err == nil || !strings.Contains(err.Error(), `--image-volume "overlay": there is bind`) {
		t.Error(err)
	}
}

// What an image is labelled with is found again in the specification, which is all that stays.
func TestLabelsAreAnnotations(t *testing.T) {
	config := ImageConfig{Labels: map[string]string{"maintainer": "me", "version": "1"}, ExposedPorts: []string{"53/udp", "80/tcp"}, StopSignal: "SIGQUIT"}
	spec, _ := mustSpec(t, &Flags{}, anImage(config))
	labels, ports := ImageLabels(spec)
	if !reflect.DeepEqual(labels, config.Labels) || !reflect.DeepEqual(ports, map[string]struct{}{"53/udp": {}, "80/tcp": {}}) {
		t.Errorf("%q, %q", labels, ports)
	}
	if spec.Annotations["org.opencontainers.image.stopSignal"] != "SIGQUIT" {
		t.Errorf("%q", spec.Annotations)
	}
	if spec, _ := mustSpec(t, &Flags{}, here()); spec.Annotations != nil {
		t.Errorf("of a directory: %q", spec.Annotations)
	}
	labels, ports = ImageLabels(new(specs.Spec))
	if labels == nil || ports == nil {
		t.Error("in JSON they are to be there, empty")
	}
}
