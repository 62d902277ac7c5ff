package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
)

// printRows prints a line for each row as --format has it; of a table the columns are as wide as need be. heads are headings that
// are not their field's name.
func printRows(rows []map[string]any, format string, headed, table bool, heads [][2]string) error {
	layout, err := parseFormat(format)
	if err != nil {
		return errors.New("--format: " + err.Error())
	}
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	if headed {
		fmt.Fprintln(t, headings(layout.headings(), heads))
	}
	for _, r := range rows {
		line, err := layout.render(r)
		if err != nil {
			return errors.New("--format: " + err.Error())
		}
		if table {
			fmt.Fprintln(t, line)
		} else {
			b.WriteString(line + "\n")
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return printText(b.String())
}

func headings(s string, heads [][2]string) string {
	words := strings.Split(s, "\t")
	for i, w := range words {
		for _, h := range heads {
			if w == h[0] {
				words[i] = h[1]
			}
		}
	}
	return strings.Join(words, "\t")
}
