package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

type volumeTime struct {
	Name    string  `json:"name"`
	Volumes int     `json:"volumes"`
	Median  float64 `json:"median"`
}

// volumes measures starts with many directories of the host mounted, in a rootfs where each mount point exists.
func volumes(o options, ready []peer) ([]volumeTime, error) {
	rootfs := o.work + "/rootfs"
	if out, err := exec.Command("cp", "-a", o.rootfs, rootfs).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("copy the rootfs: %w: %s", err, out)
	}
	const most = 1000
	for i := range most {
		for _, dir := range []string{source(o, i), rootfs + target(i)} {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return nil, err
			}
		}
	}
	var list []volumeTime
	for _, n := range []int{0, 10, 100, most} {
		var crowd []peer
		for _, p := range ready {
			if p.name == "urun, one id" || p.name == "bwrap" {
				crowd = append(crowd, withVolumes(o, p, rootfs, n))
			}
		}
		for _, s := range measure(crowd, max(3, min(o.runs, 20)), 0) {
			if s.Failed > 0 {
				fmt.Fprintf(os.Stderr, "bench: %s failed %d times with %d volumes\n", s.Name, s.Failed, n)
			}
			if s.Runs > 0 {
				list = append(list, volumeTime{s.Name, n, s.Median})
			}
		}
	}
	return list, nil
}

func source(o options, i int) string { return filepath.Join(o.work, "volumes", fmt.Sprint(i)) }
func target(i int) string            { return fmt.Sprintf("/volumes/%d", i) }

// withVolumes is the peer with n volumes, in another rootfs.
func withVolumes(o options, p peer, rootfs string, n int) peer {
	argv := slices.Clone(p.argv)
	for i, a := range argv {
		if a == o.rootfs {
			argv[i] = rootfs
		}
	}
	var flags []string
	at := len(argv) - 1 // before the command
	for i := range n {
		if p.name == "bwrap" {
			flags = append(flags, "--bind", source(o, i), target(i))
		} else {
			flags = append(flags, "-v", source(o, i)+":"+target(i))
		}
	}
	if p.name != "bwrap" {
		at = 1 // before the rootfs, where flags end
	}
	p.argv = slices.Insert(argv, at, flags...)
	return p
}
