package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
)

// drawable is what a chart takes from a report of any kind, as -json has written it.
type drawable struct {
	conditions
	Starts []start         `json:"starts,omitempty"`
	Execs  []start         `json:"execs,omitempty"`
	Pairs  []hardenedTimes `json:"pairs,omitempty"`
	Ratios []ratio         `json:"ratios,omitempty"`
}

// draw makes a chart of reports, each of which is a group or two, and with -json a file that holds no more than is drawn.
func draw(o options) error {
	if o.svg == "" {
		return errors.New("-draw reads reports; -svg FILE says where the chart goes")
	}
	var all []drawable
	for name := range strings.SplitSeq(o.draw, ",") {
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		list, err := readDrawables(b)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		all = append(all, list...)
	}
	if err := saveChart(o.svg, all); err != nil {
		return err
	}
	return save(o.json, all)
}

// readDrawables reads one report, or a list of them as -draw with -json writes it. The single times are left out: with them
// the file would be some thousand lines, and none of them is drawn.
func readDrawables(b []byte) (list []drawable, err error) {
	if strings.HasPrefix(strings.TrimSpace(string(b)), "[") {
		err = json.Unmarshal(b, &list)
	} else {
		list = make([]drawable, 1)
		err = json.Unmarshal(b, &list[0])
	}
	if err != nil {
		return nil, err
	}
	for i := range list {
		d := &list[i]
		if d.Kind == "" || len(d.Ratios)+len(d.Pairs) == 0 {
			return nil, errors.New("it is no report of bench's: it lacks a kind, or has no ratios")
		}
		for _, starts := range [][]start{d.Starts, d.Execs} {
			for i := range starts {
				starts[i].Times = nil
			}
		}
		for i := range d.Pairs {
			d.Pairs[i].With.Times, d.Pairs[i].Without.Times = nil, nil
		}
	}
	return list, nil
}

// svgOf draws the chart of a report that was just measured, if one was asked for.
func svgOf(file string, report any) error {
	if file == "" {
		return nil
	}
	b, err := json.Marshal(report)
	if err != nil {
		return err
	}
	list, err := readDrawables(b)
	if err != nil {
		return fmt.Errorf("draw what was measured: %w", err)
	}
	return saveChart(file, list)
}

func saveChart(file string, list []drawable) error {
	return write(file, []byte(chartOf(list).svg()))
}
