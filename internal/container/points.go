package container

import (
	"path"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// point is a mount point that has to be in the rootfs.
type point struct {
	dest string // absolute, clean
	dir  bool
	link bool // a link there will do, wherever it leads to
}

// points are the mount points that are in the rootfs itself, not in something
// mounted over it.
func (l *launch) points() []point {
	var list []point
	volumes := l.volumes
	for i, m := range l.spec.Mounts {
		pt := point{dest: path.Clean(m.Destination), dir: true}
		if m.Type == "bind" {
			pt.dir, volumes = volumes[0].Dir, volumes[1:]
		}
		if !covered(l.spec.Mounts[:i], pt.dest) {
			list = append(list, pt)
		}
	}
	for _, f := range l.names() {
		if !f.Optional {
			list = append(list, point{dest: f.Dest, link: true})
		}
	}
	return list
}

// covered tells whether something is mounted at dest or above it.
func covered(mounts []specs.Mount, dest string) bool {
	for _, m := range mounts {
		if strings.HasPrefix(dest+"/", path.Clean(m.Destination)+"/") {
			return true
		}
	}
	return false
}
