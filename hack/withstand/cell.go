package main

import (
	"os"
	"strings"
	"time"
)

const (
	holds    = "holds"
	open     = "open"
	untested = "-"
)

// cell is how one attack on one tool ended, and what that was seen by.
type cell struct{ verdict, seen string }

// or is for an attempt that says with one of these words that it failed.
func (c cell) or(verdict string, words ...string) cell {
	for _, word := range words {
		if c.verdict == untested && strings.Contains(c.seen, word) {
			return cell{verdict, c.seen}
		}
	}
	return c
}

// after waits for what a process in the background would write.
func (c cell) after(file string) cell {
	if c.verdict != holds {
		return c
	}
	for range 50 {
		time.Sleep(100 * time.Millisecond)
		if b, err := os.ReadFile(file); err == nil && len(b) > 0 {
			return cell{open, "it has written after the command's end"}
		}
	}
	return cell{holds, "nothing was written after the command's end"}
}

// besides takes the attack without a tool into account: one that does not work then, for want of something in the kernel or
// by its settings, is withstood by nobody.
func (c cell) besides(none cell) cell {
	if none.verdict == holds && c.verdict == holds {
		return cell{untested, "it does not work without a tool either: " + none.seen}
	}
	return c
}
