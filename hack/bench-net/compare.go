package main

import "strings"

// adds are what each network adds to a start of its tool without one.
func adds(starts []series, ready []peer) []difference {
	var list []difference
	for _, p := range ready {
		of, ok := find(starts, p.name, "")
		less, both := find(starts, p.less, "")
		if ok && both {
			at, low, high := estimate(func(m []float64) float64 { return m[0] - m[1] }, of, less)
			list = append(list, difference{p.name, p.less, at, low, high})
		}
	}
	return list
}

// timeRatios compare what urun's networks add to a start, and the time to the first byte, with others: auto with all of
// them, and each driver with those that use the same one.
func timeRatios(starts, bytes []series, ready []peer) []ratio {
	var list []ratio
	for _, of := range ready {
		if !of.is("urun") || of.less == "" {
			continue
		}
		for _, to := range ready {
			if to.is("urun") || to.less == "" || of.name != "urun auto" && of.driver() != to.driver() {
				continue
			}
			if from, ok := all(starts, of.name, of.less, to.name, to.less); ok {
				at, low, high := estimate(func(m []float64) float64 { return (m[0] - m[1]) / (m[2] - m[3]) }, from...)
				list = append(list, ratio{"adds", of.name, to.name, at, low, high})
			}
			if from, ok := all(bytes, of.name, to.name); ok {
				at, low, high := estimate(func(m []float64) float64 { return m[0] / m[1] }, from...)
				list = append(list, ratio{"first byte", of.name, to.name, at, low, high})
			}
		}
	}
	return list
}

// all finds several series; false when one has no values.
func all(list []series, names ...string) (found []series, ok bool) {
	for _, name := range names {
		s, ok := find(list, name, "")
		if !ok {
			return nil, false
		}
		found = append(found, s)
	}
	return found, true
}

// driver is what carries the packets, as urun's --net has it.
func (p peer) driver() string {
	_, mode, _ := strings.Cut(p.name, " ")
	name, _, _ := strings.Cut(mode, ":")
	return strings.TrimSuffix(name, "-tap-vsock")
}
