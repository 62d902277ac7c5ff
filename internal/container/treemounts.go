package container

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/namespaces"
	"github.com/urun-project/urun/internal/state"
)

// TreeMounts is what a container sees of file systems.
type TreeMounts struct {
	Root     TreeRoot
	Volumes  []InspectedMount
	Tmpfs    []string // where there is an empty file system in memory
	Kernel   []string // where there is one of the kernel's, such as /proc
	Masked   int      // paths of /proc and /sys that are hidden
	ReadOnly int      // and that cannot be written
	Denied   []string // paths of --deny
}

// TreeRoot is the root file system.
type TreeRoot struct {
	Path, Type string // Path is the directory it comes from; empty with an image
	Image      string // by name
	RW         bool
	Layers     []string // of an overlay, the uppermost first
}

// treeMounts puts together what was asked for and, of the root, what there is.
func treeMounts(r state.Record, spec *specs.Spec) TreeMounts {
	t := TreeMounts{Root: TreeRoot{Path: r.Rootfs, Image: r.Image, Layers: []string{}}, Volumes: []InspectedMount{}, Tmpfs: []string{}, Kernel: []string{}, Denied: list(r.Denied)}
	if b, err := os.ReadFile("/proc/" + strconv.Itoa(r.Pid) + "/mountinfo"); err == nil {
		t.Root = rootOf(string(b), r)
	}
	if spec == nil {
		return t
	}
	var in Inspected
	in.describe(spec)
	for _, m := range in.Mounts {
		switch {
		case m.Type == "tmpfs":
			t.Tmpfs = append(t.Tmpfs, m.Destination)
		case m.Type == "bind" || slices.Contains(m.Options, "bind") || slices.Contains(m.Options, "rbind"):
			t.Volumes = append(t.Volumes, m)
		default:
			t.Kernel = append(t.Kernel, m.Destination)
		}
	}
	t.Masked, t.ReadOnly = len(in.MaskedPaths), len(in.ReadonlyPaths)
	return t
}

// rootOf finds the root in what proc_pid_mountinfo(5) says. The names of an overlay's layers are short ones that the start
// gives them; see mount.Root.
func rootOf(mountinfo string, r state.Record) TreeRoot {
	root := TreeRoot{Path: r.Rootfs, Image: r.Image, Layers: []string{}}
	for line := range strings.Lines(mountinfo) {
		before, after, _ := strings.Cut(line, " - ")
		f, kind := strings.Fields(before), strings.Fields(after)
		if len(f) < 6 || len(kind) < 3 || f[4] != "/" {
			continue
		}
		root.Type, root.RW, root.Layers = kind[0], !slices.Contains(strings.Split(f[5], ","), "ro"), []string{} // the last one is on top
		if root.Type != "overlay" {
			if r.Image != "" {
				root.Layers = append(root.Layers, layerOfCopy)
			}
			continue
		}
		images := 0
		for option := range strings.SplitSeq(kind[2], ",") {
			name, value, _ := strings.Cut(option, "=")
			switch {
			case name == "upperdir" && strings.HasPrefix(value, "store/") && r.Overlay == "":
				root.Layers = slices.Insert(root.Layers, 0, layerOnDisk)
			case name == "upperdir" && strings.HasPrefix(value, "store/"):
				root.Layers = slices.Insert(root.Layers, 0, filepath.Join(r.Overlay, "upper"))
			case name == "upperdir":
				root.Layers = slices.Insert(root.Layers, 0, layerInMemory)
			case name == "lowerdir" && r.Image != "":
				images += 1 + strings.Count(value, ":")
			case name == "lowerdir":
				for lower := range strings.SplitSeq(value, ":") {
					switch lower {
					case "skeleton":
						root.Layers = append(root.Layers, layerOfPoints)
					case "lower":
						root.Layers = append(root.Layers, r.Rootfs)
					default:
						root.Layers = append(root.Layers, lower)
					}
				}
			}
		}
		if images > 0 {
			root.Layers = append(root.Layers, r.Image+", "+plural(images, "layer"))
		}
	}
	return root
}

const (
	layerInMemory = "what is written, in memory"
	layerOnDisk   = "what is written, gone with the container"
	layerOfCopy   = "a copy of the image, gone with the container"
	layerOfPoints = "missing mount points, in memory"
)

// TreeCgroup is the cgroup, with what is used and what may be.
type TreeCgroup struct {
	Path, Unit string
	CPUMax     string // as the file has it; empty: no limit
	Use        *cgroup2.Stats
}

func treeCgroup(r *Running) TreeCgroup {
	c := TreeCgroup{Path: r.Cgroup, Unit: r.Unit}
	if r.group == nil {
		return c
	}
	if s, err := r.group.Stats(); err == nil {
		c.Use = &s
	}
	if quota, err := r.group.Read("cpu.max"); err == nil && !strings.HasPrefix(quota, "max") {
		c.CPUMax = strings.TrimSpace(quota)
	}
	return c
}

// idMap is a map of a process's ids: INSIDE:OUTSIDE:COUNT each.
func idMap(pid int, file string) []string {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/" + file) // it may have ended
	lines := []string{}
	for line := range strings.Lines(string(b)) {
		lines = append(lines, strings.Join(strings.Fields(line), ":"))
	}
	return lines
}

func isPids(n namespaces.Namespace) bool { return n.Type == "pid" && n.Own }
