package main

import (
	"bufio"
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/urun-project/urun/internal/image"
)

// run prints the ids of images that went, as podman does, and what that has given back.
func (c *pruneCmd) run() (status int, err error) {
	s, err := imageStore()
	if err != nil {
		return 0, err
	}
	if !c.Force {
		yes, err := c.confirmed()
		if err != nil || !yes {
			return 0, err
		}
	}
	p, err := s.Prune(image.PruneOptions{All: c.All, Blobs: c.Blobs}, removeTrees)
	var b strings.Builder
	for _, l := range p.Images {
		b.WriteString(l.ID + "\n")
	}
	for _, why := range p.Passed {
		notice(why)
	}
	if p.Busy {
		notice("images are being fetched or written, so layers and blobs were left alone; run urun prune again when that is done")
	}
	if n := len(p.InUse); n > 0 && c.All {
		notice("containers run of " + count(n, "image") + ", which stay; urun ps lists the containers")
	}
	b.WriteString("Total reclaimed space: " + decimalSize(p.Bytes) + counted(p) + "\n")
	return 0, errors.Join(printText(b.String()), err)
}

// confirmed asks. The end of standard input is a no.
func (c *pruneCmd) confirmed() (yes bool, err error) {
	what := "images that have no name"
	if c.All {
		what = "all images of which no container runs"
	}
	question := "WARNING! This removes " + what + ", and all that no image and no container needs any more."
	if c.Blobs {
		question += "\nIt removes the compressed layers of all images, too, which a push or a save has to fetch again from where they came."
	}
	if _, err := os.Stderr.WriteString(question + "\nAre you sure you want to continue? [y/N] "); err != nil {
		return false, err
	}
	answer, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", nil
}

// counted is what else went.
func counted(p image.Pruned) string {
	var parts []string
	for _, k := range []struct {
		n    int
		what string
	}{{p.Layers, "layer"}, {p.Blobs, "blob"}, {p.Partial, "interrupted download"}, {p.Tmp, "half-made directory"}, {p.Containers, "dead container's root"}} {
		if k.n > 0 {
			parts = append(parts, count(k.n, k.what))
		}
	}
	if parts == nil {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func count(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "directory"):
		return strconv.Itoa(n) + " " + strings.TrimSuffix(what, "y") + "ies"
	case strings.HasSuffix(what, "container's root"):
		return strconv.Itoa(n) + " " + strings.Replace(what, "container's root", "containers' roots", 1)
	}
	return strconv.Itoa(n) + " " + what + "s"
}
