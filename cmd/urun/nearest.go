package main

import (
	"slices"
	"strings"
)

// meantOr asks whether one of the names was meant, or says something else where none is near.
func meantOr(word string, names []string, otherwise string) string {
	if near := nearest(word, names); len(near) > 0 {
		return "did you mean " + strings.Join(near, " or ") + "?"
	}
	return otherwise
}

// nearest are the names that differ least from what was written, in two letters at most and in one of a short word, or begin with
// it. Capitals are like small letters. A letter alone is like any other.
func nearest(word string, names []string) []string {
	letters := len(strings.TrimLeft(word, "-"))
	if letters < 2 || strings.HasPrefix(word, "-") && !strings.HasPrefix(word, "--") {
		return nil
	}
	best := 2
	if letters < 5 {
		best = 1
	}
	var near []string
	lower := strings.ToLower(word)
	for _, other := range names {
		d := distance(lower, strings.ToLower(other))
		if letters > 2 && len(other) > len(word) && strings.HasPrefix(strings.ToLower(other), lower) {
			d = 0
		}
		switch {
		case d < best:
			best, near = d, []string{other}
		case d == best && !slices.Contains(near, other):
			near = append(near, other)
		}
	}
	if len(near) > 4 { // a list is no answer
		return nil
	}
	return near
}

// distance is how many letters one has to put in, take out, change, or swap with the next one, to make b of a.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, change)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
