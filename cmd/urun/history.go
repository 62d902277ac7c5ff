package main

import (
	"strings"
	"time"

	"github.com/urun-project/urun/internal/image"
)

// historyRow is a step of an image's history as it is shown.
type historyRow struct {
	historyEntry
	id   string // of the image, for its last step; there is none for the others
	size int64
}

func (c *historyCmd) run() (status int, err error) {
	if err := behind("IMAGE", c.Args); err != nil {
		return 0, err
	}
	if len(c.Args) > 1 {
		return 0, tooMuch(c.Args[1], "IMAGE")
	}
	s, err := imageStore()
	if err != nil {
		return 0, err
	}
	_, r, err := found(s, c.Args[0])
	if err != nil {
		return 0, err
	}
	file, err := configOf(s, r)
	if err != nil {
		return 0, err
	}
	rows := historyOf(r, file.History)
	rest, table := tableFormat(c.Format)
	switch {
	case c.Quiet:
		rest, table = "{{.ID}}", false
	case c.Format == "json":
		out := []historyJSON{}
		for _, row := range rows {
			out = append(out, row.json())
		}
		return 0, printJSON(out)
	case c.Format == "":
		rest, table = "{{.ID}}\t{{.Created}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}", true
	}
	cells := make([]map[string]any, len(rows))
	for i, row := range rows {
		cells[i] = row.cells(c.NoTrunc)
	}
	return 0, printRows(cells, rest, table, table, [][2]string{{"CREATEDBY", "CREATED BY"}, {"CREATEDSINCE", "CREATED"}})
}

// historyOf has the last step first. An image need not say how its layers were made; they are shown all the same.
func historyOf(r image.Record, entries []historyEntry) (rows []historyRow) {
	layers := r.Layers
	for _, e := range entries {
		row := historyRow{historyEntry: e}
		if !e.EmptyLayer && len(layers) > 0 {
			row.size, layers = layers[0].Size, layers[1:]
		}
		rows = append([]historyRow{row}, rows...)
	}
	for _, l := range layers {
		rows = append([]historyRow{{size: l.Size}}, rows...)
	}
	if len(rows) > 0 {
		rows[0].id = r.ID
	}
	return rows
}

func (r historyRow) at() time.Time {
	if r.Created == nil {
		return time.Time{}
	}
	return *r.Created
}

func (r historyRow) cells(whole bool) map[string]any {
	id, by := "<missing>", printable(strings.Join(strings.Fields(r.CreatedBy), " "))
	if r.id != "" {
		id = r.id
	}
	if !whole {
		if r.id != "" {
			id = shortID(r.id)
		}
		if runes := []rune(by); len(runes) > 45 {
			by = string(runes[:42]) + "..."
		}
	}
	at := ""
	if !r.at().IsZero() {
		at = r.at().Format(time.RFC3339)
	}
	return map[string]any{
		"ID": id, "Created": since(r.at()), "CreatedSince": since(r.at()), "CreatedAt": at, "CreatedBy": by, "Size": decimalSize(r.size), "Comment": printable(r.Comment),
	}
}

// historyJSON has podman's names.
type historyJSON struct {
	ID        string    `json:"id"`
	Created   time.Time `json:"created"`
	CreatedBy string
	Size      int64  `json:"size"`
	Comment   string `json:"comment"`
	Empty     bool   `json:"emptyLayer"`
}

func (r historyRow) json() historyJSON {
	return historyJSON{r.id, r.at(), r.CreatedBy, r.size, r.Comment, r.EmptyLayer}
}
