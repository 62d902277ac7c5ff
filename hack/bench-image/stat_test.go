package main

import (
	"errors"
	"testing"
)

func TestUrunIsComparedWithAllThatWereMeasured(t *testing.T) {
	list := []series{{Name: "urun", Values: []float64{1, 2, 3}}, {Name: "podman vfs", Values: []float64{8, 8, 8}}, {Name: "umoci"}}
	ratios := ratiosOf(list)
	if len(ratios) != 1 || ratios[0].To != "podman vfs" || ratios[0].Ratio != 0.25 || ratios[0].Low < 0.125 || ratios[0].High > 0.375 || ratios[0].Low >= ratios[0].High {
		t.Errorf("the ratios are %+v", ratios)
	}
	if d := differencesOf(list, "urun", "podman vfs"); len(d) != 1 || d[0].Median != -6 {
		t.Errorf("the differences are %+v", d)
	}
	if got := ratiosOf(list[1:]); got != nil {
		t.Errorf("without urun there are %+v", got)
	}
}

func TestWhatFailedIsNoTime(t *testing.T) {
	s := series{}
	s.add(1, nil)
	s.add(0, errors.New("full"))
	if len(s.Values) != 1 || s.Failed != 1 || s.Why != "full" {
		t.Errorf("%+v", s)
	}
}
