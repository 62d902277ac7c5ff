package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/urun-project/urun/internal/procs"
)

func (c *topCmd) run() (status int, err error) {
	if isFlag(c.Args[0]) {
		return 0, errors.New("flags go before CONTAINER, and urun top has none: " + c.Args[0])
	}
	// The columns first: a name that is wrong needs no container.
	if _, err := procs.Columns(c.Args[1:], procs.Names{}); err != nil {
		return 0, err
	}
	r, err := access().Find(c.Args[0])
	if err != nil {
		return 0, err
	}
	defer r.Close()
	list, names, err := r.Processes()
	if err != nil {
		return 0, err
	}
	columns, err := procs.Columns(c.Args[1:], names)
	if err != nil {
		return 0, err
	}
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	cells := make([]string, len(columns))
	for i, col := range columns {
		cells[i] = col.Header
	}
	fmt.Fprintln(t, strings.Join(cells, "\t"))
	for _, p := range list {
		for i, col := range columns {
			cells[i] = printable(col.Value(p)) // the container chooses its commands' names
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	if err := t.Flush(); err != nil {
		return 0, err
	}
	return 0, printText(b.String())
}
