package main

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urun-project/urun/internal/container"
	"github.com/urun-project/urun/internal/image"
)

func (c *imagesCmd) run() (status int, err error) {
	if err := behind("IMAGE", c.Args); err != nil {
		return 0, err
	}
	s, err := imageStore()
	if err != nil {
		return 0, err
	}
	filter, err := parseImageFilters(c.Filter, func(name string) (image.Record, error) {
		_, r, err := found(s, name)
		return r, err
	})
	if err != nil {
		return 0, err
	}
	if len(c.Args) > 0 {
		filter["reference"] = append(filter["reference"], c.Args[0])
	}
	list, passed, err := s.List()
	if err != nil {
		return 0, err
	}
	for _, why := range passed {
		notice(why.Error())
	}
	rows := slices.DeleteFunc(rowsOf(list), func(r row) bool { return !filter.fits(r) })
	if err := sortRows(rows, c.Sort); err != nil {
		return 0, err
	}
	format := c.Format
	if c.JSON {
		if format != "" && format != "json" {
			return 0, errors.New("--json and --format: write one of them")
		}
		format = "json"
	}
	rest, table := tableFormat(format)
	switch {
	case c.Quiet:
		rest, rows = "{{.ID}}", oncePerImage(rows)
	case format == "json":
		out := make([]imageJSON, 0, len(rows))
		for _, r := range oncePerImage(rows) {
			out = append(out, imageJSONOf(r.Listed))
		}
		return 0, printJSON(out)
	case format == "" && c.Digests:
		rest, table = "{{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}", true
	case format == "":
		rest, table = "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}", true
	}
	cells := make([]map[string]any, len(rows))
	for i, r := range rows {
		cells[i] = r.cells(c.NoTrunc)
	}
	return 0, printRows(cells, rest, table && !c.NoHead, table, imageHeadings)
}

// imageHeadings are podman's.
var imageHeadings = [][2]string{{"ID", "IMAGE ID"}, {"CREATEDSINCE", "CREATED"}}

// oncePerImage leaves the first row of each image.
func oncePerImage(rows []row) (list []row) {
	seen := map[image.Digest]bool{}
	for _, r := range rows {
		if !seen[r.Manifest] {
			list = append(list, r)
		}
		seen[r.Manifest] = true
	}
	return list
}

// cells are what a template can show, under podman's names.
func (r row) cells(whole bool) map[string]any {
	id := "sha256:" + r.ID
	if !whole {
		id = shortID(r.ID)
	}
	out := imageJSONOf(r.Listed)
	names := func(list []string) (cells []any) {
		for _, s := range list {
			cells = append(cells, printable(s))
		}
		return cells
	}
	labels := map[string]any{}
	for k, v := range r.Config.Labels {
		labels[printable(k)] = printable(v)
	}
	return map[string]any{
		"ID": id, "Id": r.ID, "Repository": printable(r.repository), "Tag": printable(r.tag), "Digest": string(r.Manifest), "Size": decimalSize(r.Size()), "VirtualSize": decimalSize(r.Size()),
		"CreatedSince": since(created(r.Record)), "Created": since(created(r.Record)), "CreatedAt": out.CreatedAt, "Labels": labels, "Dangling": strconv.FormatBool(out.Dangling),
		"Name": printable(r.name), "Short": printable(shortName(r.name)), "Names": names(out.Names), "RepoTags": names(out.RepoTags), "RepoDigests": names(out.RepoDigests), "Os": printable(out.Os), "Arch": printable(out.Arch),
	}
}

// shortName is how a name can be written here, where one without a registry is looked for in the store first.
func shortName(name string) string {
	n, _, err := image.ParseName(name)
	if err != nil {
		return name
	}
	if rest, ok := strings.CutPrefix(name, image.Localhost+"/"); ok {
		return rest
	}
	return n.Familiar()
}

func shortID(id string) string { return id[:min(12, len(id))] }

// since is a time for people. Images that are built to be the same each time often have none.
func since(at time.Time) string {
	if at.IsZero() {
		return "N/A"
	}
	return container.Ago(at) + " ago"
}

// decimalSize is a size as podman writes it: with three digits, kB being 1000 bytes.
func decimalSize(n int64) string {
	x, unit := float64(n), 0
	for ; x >= 999.5; unit++ {
		x /= 1000
	}
	return strconv.FormatFloat(x, 'g', 3, 64) + " " + []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}[unit]
}
