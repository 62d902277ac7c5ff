package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
)

// hardened is one measure that protects, or more, over the same start without it.
type hardened struct {
	name          string
	with, without []string // flags
}

const profileOfFile = "profile of a file"

// hardenedPairs are all that -harden compares: the filter of system calls among different surroundings, then the masks,
// then both.
func hardenedPairs(o options) []hardened {
	unmasked, dropped := "--security-opt=unmask=ALL", "--cap-drop=ALL"
	const unconfined = "--seccomp=unconfined"
	filter := func(name string, flags ...string) hardened {
		return hardened{name, flags, append(slices.Clone(flags), unconfined)}
	}
	return []hardened{
		filter("default profile"),
		filter("default profile, unmasked", unmasked),
		filter("default profile, no caps", dropped), // a filter that is compiled at the start: the generated one is for the default set
		{profileOfFile, []string{"--seccomp=" + o.profile}, []string{unconfined}},
		filter("nested", "--nested"),
		{"masks", nil, []string{unmasked}},
		{"masks and default profile", nil, []string{unmasked, unconfined}},
	}
}

// hardenedTimes are what one pair came to. Times are in milliseconds.
type hardenedTimes struct {
	Name         string     `json:"name"`
	Instructions [2]int     `json:"instructions"` // of the filter; 0: there is none
	With         start      `json:"with"`
	Without      start      `json:"without"`
	Difference   difference `json:"difference"`
	Ratio        ratio      `json:"ratio"`
}

// hardenReport is what was measured with -harden.
type hardenReport struct {
	conditions
	Pairs   []hardenedTimes `json:"pairs"`
	LeftOut []leftOut       `json:"left_out,omitempty"`
}

// harden measures what urun's protections add to a start. The two of a pair run one after the other, in random order, and
// a pair is measured to its end before the next, so that what else the machine does falls on both alike.
func harden(o options) error {
	r := hardenReport{conditions: conditionsOf("harden", o, append(machine(o)[:2], profileOfFile+": "+o.profile))} // the kernel and urun
	for _, line := range r.Machine {
		fmt.Println(line)
	}
	for _, p := range hardenedPairs(o) {
		times, why := p.measure(o)
		if why != nil && p.name != profileOfFile { // which need not be there
			return fmt.Errorf("%s: %w", p.name, why)
		}
		if why != nil {
			r.LeftOut = append(r.LeftOut, leftOut{p.name, why.Error()})
			continue
		}
		r.Pairs = append(r.Pairs, times)
	}
	printHardened(r)
	return keepResults(o, r)
}

func (p hardened) measure(o options) (hardenedTimes, error) {
	t := hardenedTimes{Name: p.name}
	var list []peer
	for i, flags := range [][]string{p.with, p.without} {
		base := slices.Concat([]string{o.urun, "--userns=single", "--net=none"}, flags)
		list = append(list, into([]string{"with", "without"}[i], "one id", append(base, o.rootfs)...))
		var err error
		if t.Instructions[i], err = instructions(append(base, "--explain=json", o.rootfs, "/bin/true")); err != nil {
			return t, err
		}
	}
	ready, out := usable(list)
	if len(out) > 0 {
		return t, fmt.Errorf("start %s it: %s", out[0].Name, out[0].Why)
	}
	starts := measure(ready, o.runs, 0)
	if failed := starts[0].Failed + starts[1].Failed; failed > 0 {
		return t, fmt.Errorf("%d of %d starts failed", failed, 2*o.runs)
	}
	t.With, t.Without = starts[0], starts[1]
	adds := []amount{{p.name, "with", "without"}}
	differences, ratios := weigh(starts, adds, [][2]amount{{{"with", "with", ""}, {"without", "without", ""}}})
	t.Difference, t.Ratio = differences[0], ratios[0]
	return t, nil
}

// instructions is how long the filter is that such a start would load.
func instructions(argv []string) (int, error) {
	b, err := exec.Command(argv[0], argv[1:]...).Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return 0, fmt.Errorf("explain the start: %s", lastLine(string(failed.Stderr)))
	}
	if err != nil {
		return 0, err
	}
	var explained struct {
		Policy *struct{ Instructions int }
	}
	if err := json.Unmarshal(b, &explained); err != nil {
		return 0, fmt.Errorf("read what --explain=json prints: %w", err)
	}
	if explained.Policy == nil {
		return 0, errors.New("read what --explain=json prints: it has no policy")
	}
	return explained.Policy.Instructions, nil
}

func printHardened(r hardenReport) {
	fmt.Printf("\nstart of /bin/true with a protection over without it, milliseconds, medians (in brackets: 95 %% of bootstrap samples)\n")
	fmt.Printf("%-26s %6s %12s %8s %8s %24s %24s\n", "", "pairs", "instructions", "with", "without", "difference", "ratio")
	for _, t := range r.Pairs {
		fmt.Printf("%-26s %6d %12s %8.2f %8.2f %24s %24s\n", t.Name, t.With.Runs, fmt.Sprintf("%d / %d", t.Instructions[0], t.Instructions[1]), t.With.Median, t.Without.Median,
			fmt.Sprintf("%.3f  [%.3f %.3f]", t.Difference.Median, t.Difference.Low, t.Difference.High),
			fmt.Sprintf("%.3f  [%.3f %.3f]", t.Ratio.Ratio, t.Ratio.Low, t.Ratio.High))
	}
	for _, l := range r.LeftOut {
		fmt.Printf("%-26s left out: %s\n", l.Name, l.Why)
	}
}
