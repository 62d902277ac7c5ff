package mount

import (
	"bufio"
	"io"
	"path"
	"slices"
	"strings"
)

// Aliases are the other places of the host where what is at a path shows as well,
// wholly or in part, because a directory is mounted at two places: a bind mount, a
// subvolume. mountinfo is as in proc_pid_mountinfo(5), and at has no links in it.
func Aliases(mountinfo io.Reader, at string) ([]string, error) {
	mounts, err := readMounts(mountinfo)
	if err != nil {
		return nil, err
	}
	var own *mounted
	for i := range mounts { // a later one at the same place is above
		if m := &mounts[i]; below(at, m.point) && (own == nil || below(m.point, own.point)) {
			own = m
		}
	}
	if own == nil {
		return nil, nil
	}
	file := path.Join(own.root, strings.TrimPrefix(at, own.point))
	var list []string
	for i := range mounts {
		m := &mounts[i]
		if m == own || m.device != own.device {
			continue
		}
		switch {
		case below(file, m.root):
			list = append(list, path.Join(m.point, strings.TrimPrefix(file, m.root)))
		case below(m.root, file):
			list = append(list, m.point)
		}
	}
	list = slices.DeleteFunc(list, func(p string) bool { return below(p, at) }) // hidden with it
	slices.Sort(list)
	return slices.Compact(list), nil
}

// mounted is a line of mountinfo.
type mounted struct{ device, root, point string }

func readMounts(r io.Reader) (list []mounted, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4096), 1<<20) // an overlay's options are long
	for lines.Scan() {
		if f := strings.SplitN(lines.Text(), " ", 6); len(f) == 6 {
			list = append(list, mounted{device: f[2], root: unescape(f[3]), point: unescape(f[4])})
		}
	}
	return list, lines.Err()
}

// below tells whether a clean path is another one, or below it.
func below(p, dir string) bool { return p == dir || dir == "/" || strings.HasPrefix(p, dir+"/") }
