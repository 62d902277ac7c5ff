package container

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/procs"
	"github.com/urun-project/urun/internal/state"
)

// shape writes processes as PID(CHILD CHILD).
func shape(list []TreeProcess) string {
	var words []string
	for _, p := range list {
		word := fmt.Sprint(p.HostPID)
		if p.Outside {
			word = "o" + word
		}
		if len(p.Children) > 0 {
			word += "(" + shape(p.Children) + ")"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func TestProcessesAreBelowTheirParents(t *testing.T) {
	p := func(pairs ...int) (list []procs.Process) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, procs.Process{HostPID: pairs[i], HostPPID: pairs[i+1], PID: i + 1, UID: uint32(i)})
		}
		return list
	}
	for _, tt := range []struct {
		inside, outside []procs.Process
		want            string
	}{
		{p(11, 10, 13, 11, 12, 11), p(10, 1), "o10(11(12 13))"},
		{p(11, 10, 21, 20), p(10, 1, 14, 10, 20, 5), "o10(11 o14) o20(21)"},
		{p(11, 10), nil, "11"},
		{p(11, 1, 12, 7), nil, "11 12"},
		{p(11, 12, 12, 11), p(10, 1), "o10"}, // a circle, which cannot be: only that it ends
		{p(9, 10, 10, 8), p(8, 1), "o8(10(9))"},
	} {
		if got := shape(forest(tt.inside, tt.outside, nil)); got != tt.want {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
	named := forest(p(11, 10, 12, 11), nil, func(id uint32) string { return map[uint32]string{2: "bin"}[id] })
	if named[0].User != "0" || named[0].Children[0].User != "bin" || named[0].PID != 1 {
		t.Errorf("%+v", named)
	}
}

func TestTheRootsLayersAreNamed(t *testing.T) {
	const overlay = "97 116 0:51 / / rw,relatime - overlay none rw,"
	for _, tt := range []struct {
		mountinfo string
		want      TreeRoot
	}{
		{"97 116 254:0 /r / ro,relatime - ext4 /dev/vda rw\n98 97 0:5 / /proc rw - proc none rw\n", TreeRoot{"/r", "ext4", "", false, []string{}}},
		{overlay + "lowerdir=lower,upperdir=upper,workdir=work,userxattr\n", TreeRoot{"/r", "overlay", "", true, []string{layerInMemory, "/r"}}},
		{overlay + "lowerdir=lower,upperdir=store/upper,workdir=store/work\n", TreeRoot{"/r", "overlay", "", true, []string{"/keep/upper", "/r"}}},
		{strings.Replace(overlay, "rw", "ro", 1) + "lowerdir=skeleton:lower\n", TreeRoot{"/r", "overlay", "", false, []string{layerOfPoints, "/r"}}},
		{overlay + "lowerdir=/some/thing\n", TreeRoot{"/r", "overlay", "", true, []string{"/some/thing"}}},
		{"97 116 254:0 / / rw - ext4 /dev/vda rw\n98 97 0:9 / / ro - tmpfs none rw\n", TreeRoot{"/r", "tmpfs", "", false, []string{}}}, // the one on top
		{"nonsense\n - \n", TreeRoot{Path: "/r", Layers: []string{}}},
	} {
		if got := rootOf(tt.mountinfo, state.Record{Rootfs: "/r", Wishes: state.Wishes{Overlay: "/keep"}}); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s\nis %+v\nwant %+v", tt.mountinfo, got, tt.want)
		}
	}
	got := rootOf(overlay+"lowerdir=0:1:2,upperdir=store/upper,workdir=store/work,volatile\n", state.Record{Image: "app:1"})
	if want := (TreeRoot{"", "overlay", "app:1", true, []string{layerOnDisk, "app:1, 3 layers"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("is %+v\nwant %+v", got, want)
	}
	got = rootOf("97 116 254:0 /r / rw - ext4 /dev/vda rw\n", state.Record{Image: "app:1"})
	if want := (TreeRoot{"", "ext4", "app:1", true, []string{layerOfCopy}}); !reflect.DeepEqual(got, want) {
		t.Errorf("is %+v\nwant %+v", got, want)
	}
}
