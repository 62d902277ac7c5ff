package main

import "math"

// axis is a logarithmic scale between two ratios.
type axis struct{ low, high float64 }

// axis has room for all whiskers, and for the ratio 1 with something on both sides of it.
func (c chart) axis() axis {
	a := axis{0.8, 1.25}
	for _, g := range c.Groups {
		for _, b := range g.Bars {
			for _, v := range []float64{b.Ratio, b.Low, b.High} {
				if drawn(v) {
					a.low, a.high = math.Min(a.low, v), math.Max(a.high, v)
				}
			}
		}
	}
	return axis{a.low / 1.15, a.high * 1.15}
}

// drawn tells whether a scale like this has a place for a ratio: a bootstrap sample of what takes hardly longer than nothing can
// be negative.
func drawn(v float64) bool { return v > 0 && !math.IsInf(v, 0) && v > 1e-4 && v < 1e4 }

// at is the place of a ratio, of one outside of the scale that of its end.
func (a axis) at(v float64) float64 {
	if !(v > a.low) {
		v = a.low
	}
	v = math.Min(v, a.high)
	return plotFrom + (plotTo-plotFrom)*math.Log(v/a.low)/math.Log(a.high/a.low)
}

// ticks are 1, 2 and 5 times powers of ten within the scale.
func (a axis) ticks() (list []float64) {
	for power := -4; power <= 4; power++ {
		for _, digit := range []float64{1, 2, 5} {
			if v := digit * math.Pow10(power); v >= a.low && v <= a.high {
				list = append(list, v)
			}
		}
	}
	return list
}
