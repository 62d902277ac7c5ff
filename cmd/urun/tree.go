package main

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/container"
)

// run draws all containers that are named, or none; without names all that run.
func (c *treeCmd) run() (status int, err error) {
	if err := tooLate(c.Names); err != nil {
		return 0, err
	}
	t, err := access().Tree(c.Names)
	if err != nil {
		return 0, err
	}
	if c.JSON {
		return 0, printJSON(t)
	}
	return 0, printText(treePen(os.Getenv).draw(treeOf(t, container.Ago)))
}

// treePen is one for standard output: lines are cut for a terminal, and only for one.
func treePen(getenv func(string) string) pen {
	p := pen{marks: asciiMarks()}
	if unicodeLocale(getenv) {
		p.marks = unicodeMarks()
	}
	if size, err := unix.IoctlGetWinsize(1, unix.TIOCGWINSZ); err == nil {
		p.width = int(size.Col)
	}
	return p
}

// unicodeLocale tells whether what is written is read as UTF-8: locale(7).
func unicodeLocale(getenv func(string) string) bool {
	if getenv("TERM") == "dumb" {
		return false
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToLower(getenv(name)); value != "" {
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return false
}
