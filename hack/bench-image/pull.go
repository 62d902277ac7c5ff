package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
)

// pulls measures each tool's pull into an empty place, and that together with the first start, which is of the same run.
func (r *report) pulls(o options, hub *registry, tools []tool, pictures []picture) error {
	for _, p := range pictures {
		ready, err := r.able(o, hub, tools, p)
		if err != nil {
			return err
		}
		runs := o.runs
		if p.large {
			runs = max(1, o.runs/3)
		}
		pull, first := seriesOf("pull "+p.name, ready), seriesOf("pull and first start "+p.name, ready)
		rng := rand.New(rand.NewPCG(1, 2)) // the same order every time
		for round := range runs {
			for _, i := range rng.Perm(len(ready)) {
				if p.stacked && ready[i].copies && round > 1 {
					continue
				}
				if err := onePull(o, ready[i], hub.ref(p), &pull[i], &first[i]); err != nil {
					return err
				}
			}
		}
		for _, list := range [][]series{pull, first} {
			r.Times = append(r.Times, printed(list, "ms")...)
			r.Ratios = append(r.Ratios, printedRatios(ratiosOf(list))...)
		}
	}
	return nil
}

func onePull(o options, t tool, ref string, pull, first *series) error {
	dir, err := place(o)
	if err != nil {
		return err
	}
	took, err := timed(t.pull(dir, ref)...)
	pull.add(took, err)
	if err == nil && t.run != nil {
		more, err := timed(t.run(dir, ref, "/bin/true"))
		first.add(took+more, err)
	}
	return discard(o, dir)
}

// able tries each tool once: only what can get this image is measured, and the others say why not.
func (r *report) able(o options, hub *registry, tools []tool, p picture) (ready []tool, err error) {
	for _, t := range tools {
		if o.passes(t, p) {
			continue
		}
		dir, err := place(o)
		if err != nil {
			return nil, err
		}
		why := try(t, dir, hub.ref(p), p)
		if err := discard(o, dir); err != nil {
			return nil, err
		}
		switch {
		case why == nil:
			ready = append(ready, t)
		case t.name == "urun" && !o.others:
			return nil, fmt.Errorf("urun, image %s: %w", p.name, why)
		default:
			r.LeftOut = append(r.LeftOut, leftOut{t.name + ", image " + p.name, why.Error()})
			fmt.Printf("left out: %s, image %s: %v\n", t.name, p.name, why)
		}
	}
	return ready, nil
}

// passes tells whether a quick run leaves out what takes longest.
func (o options) passes(t tool, p picture) bool { return o.quick && t.copies && p.stacked }

func try(t tool, dir, ref string, p picture) error {
	if p.name == "zstd" && !t.zstd {
		return errors.New("it does not read zstd")
	}
	if _, err := timed(t.pull(dir, ref)...); err != nil || t.run == nil {
		return err
	}
	text, err := says(t.run(dir, ref, "/bin/echo", "ran"))
	if err == nil && text != "ran" {
		err = fmt.Errorf("it prints %q instead of running echo", text)
	}
	return err
}
