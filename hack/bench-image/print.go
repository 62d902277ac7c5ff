package main

import "fmt"

// printed are the series with their medians, as soon as they are measured; those without a value are only said.
func printed(list []series, unit string) (measured []series) {
	for i, s := range list {
		if i == 0 {
			fmt.Printf("\n%s, %s\n%-24s %6s %10s %10s %10s\n", s.What, unit, "", "runs", "median", "quartile", "quartile")
		}
		if s.Failed > 0 {
			fmt.Printf("%-24s failed %d times: %s\n", s.Name, s.Failed, s.Why)
		}
		if len(s.Values) == 0 { // umoci starts nothing
			continue
		}
		s.Median = quantile(s.Values, 0.5)
		fmt.Printf("%-24s %6d %10.2f %10.2f %10.2f\n", s.Name, len(s.Values), s.Median, quantile(s.Values, 0.25), quantile(s.Values, 0.75))
		measured = append(measured, s)
	}
	return measured
}

// In brackets: 95 % of bootstrap samples.
func printedRatios(list []ratio) []ratio {
	for _, q := range list {
		fmt.Printf("%-24s / %-24s %6.2f  [%.2f %.2f]\n", q.Of, q.To, q.Ratio, q.Low, q.High)
	}
	return list
}

func printedDifferences(list []difference) []difference {
	for _, d := range list {
		fmt.Printf("%-24s - %-24s %6.2f  [%.2f %.2f] ms\n", d.Of, d.Less, d.Median, d.Low, d.High)
	}
	return list
}
