package main

import (
	"fmt"
	"math/rand/v2"
	"os/exec"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// starter is one way to start a container.
type starter struct {
	name  string
	every int // it runs in one round of so many: what is slow needs fewer
	step  step
}

const inDirectory = "urun, directory"

// startsOf measures starts from a store that has the image, and of urun the same files in a directory.
func (r *report) startsOf(o options, hub *registry, tools []tool, pictures []picture) error {
	for _, p := range pictures {
		if !p.starts {
			continue
		}
		starters, places, err := r.starters(o, hub, tools, p)
		if err != nil {
			return err
		}
		list := make([]series, len(starters))
		for i, s := range starters {
			list[i] = series{What: "start " + p.name, Name: s.name}
		}
		rng := rand.New(rand.NewPCG(3, 4))
		for round := range o.starts {
			for _, i := range rng.Perm(len(starters)) {
				if round%starters[i].every == 0 {
					list[i].add(timed(starters[i].step))
				}
			}
		}
		r.Times = append(r.Times, printed(list, "ms")...)
		r.Ratios = append(r.Ratios, printedRatios(ratiosOf(list))...)
		r.Differences = append(r.Differences, printedDifferences(differencesOf(list, "urun", inDirectory))...)
		for _, dir := range places {
			if err := discard(o, dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// starters pull the image with each tool, and unpack it into a directory.
func (r *report) starters(o options, hub *registry, tools []tool, p picture) (list []starter, places []string, err error) {
	ref := hub.ref(p)
	for _, t := range tools {
		if t.run == nil || o.passes(t, p) {
			continue
		}
		dir, err := place(o)
		if err != nil {
			return nil, nil, err
		}
		places = append(places, dir)
		start := t.run(dir, ref, "/bin/true")
		if _, err := timed(append(t.pull(dir, ref), start)...); err != nil {
			r.LeftOut = append(r.LeftOut, leftOut{t.name + ", starts of " + p.name, err.Error()})
			continue
		}
		every := 5
		switch {
		case t.name == "urun":
			every = 1
		case t.copies: // all files, before each start
			every = 20
		}
		list = append(list, starter{t.name, every, start})
	}
	dir, err := place(o)
	if err != nil {
		return nil, nil, err
	}
	places = append(places, dir)
	if err := extract(o, ref, dir); err != nil {
		return nil, nil, fmt.Errorf("unpack %s: %w", p.name, err)
	}
	start := step{[]string{o.urun, "--net=none", dir, "/bin/true"}, nil}
	if _, err := timed(start); err != nil {
		return nil, nil, err
	}
	return append(list, starter{inDirectory, 1, start}), places, nil
}

// extract writes the files of an image into a directory, with their owners.
func extract(o options, ref, dir string) error {
	named, err := name.ParseReference(ref, name.Insecure)
	if err != nil {
		return err
	}
	img, err := remote.Image(named)
	if err != nil {
		return err
	}
	files := mutate.Extract(img)
	defer files.Close()
	c := exec.Command(o.urun, "unshare", "tar", "-xf", "-", "-C", dir)
	c.Stdin = files
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("tar: %w: %s", err, out)
	}
	return nil
}
