package unpack

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/urun-project/urun/test/testenv"
	"github.com/urun-project/urun/userns"
)

// short is a listing as the cases are written.
func short(listing string) string {
	size := regexp.MustCompile(` \d+:"`)
	lines := strings.Split(listing, "\n")
	for i, l := range lines {
		l = size.ReplaceAllString(l, ` "`)
		l = strings.ReplaceAll(l, ` -> `, ` `)
		l = strings.ReplaceAll(l, ` as `, ` `)
		l = strings.ReplaceAll(l, `user.overlay.opaque="y"`, "opaque")
		l = regexp.MustCompile(`"(\\.|[^"\\])*"`).ReplaceAllStringFunc(l, func(s string) string {
			var v string
			fmt.Sscanf(s, "%q", &v)
			return v
		})
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}

// wanted is the tree of a case, sorted as it is listed.
func wanted(tree string) string {
	if strings.HasPrefix(tree, "dir ") && regexp.MustCompile(`^dir \d+ \.(\n| |$)`).MatchString(tree) {
		return tree
	}
	return strings.TrimSpace("dir 0755 .\n" + tree)
}

func sortedLines(s string) string {
	lines := strings.Split(s, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func zipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, err := w.Write(b)
	must(t, err)
	must(t, w.Close())
	return z.Bytes()
}

func TestNoArchiveDeceives(t *testing.T) {
	if len(hostile) < 60 {
		t.Errorf("%d archives are few", len(hostile))
	}
	mappings(t, func(t *testing.T, c userns.Choice, one bool) {
		for _, h := range hostile {
			t.Run(h.name, func(t *testing.T) {
				tree := emptyTree(t, c)
				_, err := run(t, c, Job{OneID: one}, zipped(t, archive(t, h.entries...)), tree)
				if h.err != "" {
					if err == nil || !strings.Contains(err.Error(), h.err) {
						t.Errorf("error %v", err)
					}
					return
				}
				must(t, err)
				if got, want := sortedLines(short(listing(t, c, tree))), sortedLines(wanted(h.tree)); got != want {
					t.Errorf("the tree is\n%s\nand not\n%s", got, want)
				}
			})
		}
	})
}

// Flat, what overlay would show of the layer is there, and nothing else.
func TestNoArchiveDeceivesWhenFlat(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice, one bool) {
		for _, h := range hostile {
			t.Run(h.name, func(t *testing.T) {
				tree := emptyTree(t, c)
				_, err := run(t, c, Job{OneID: one, Flat: true}, archive(t, h.entries...), tree)
				want := h.tree
				switch {
				case h.flat == "-":
					want = ""
				case h.flat != "":
					want = h.flat
				case h.err != "":
					if err == nil || !strings.Contains(err.Error(), h.err) {
						t.Errorf("error %v", err)
					}
					return
				}
				must(t, err)
				if got := sortedLines(short(listing(t, c, tree))); got != sortedLines(wanted(want)) {
					t.Errorf("the tree is\n%s\nand not\n%s", got, sortedLines(wanted(want)))
				}
			})
		}
	})
}

// umoci's unpacker is another one that is careful: where it makes something else of an archive, the case says why.
func TestUmociAgrees(t *testing.T) {
	testenv.Unprivileged(t)
	testenv.Need(t, "umoci")
	c := choice(t, userns.Single)
	for _, h := range hostile {
		if h.umoci == harmful {
			continue
		}
		t.Run(h.name, func(t *testing.T) {
			flat := emptyTree(t, c)
			_, err := run(t, c, Job{OneID: true, Flat: true}, archive(t, h.entries...), flat)
			theirs, refused := umoci(t, c, archive(t, h.entries...))
			same := (err != nil) == (refused != "")
			ours := ""
			if err == nil {
				ours = sortedLines(short(listing(t, c, flat)))
				same = same && ours == theirs
			}
			if same != (h.umoci == "") {
				t.Errorf("the case says %q\nurun: %v\n%s\numoci: %s\n%s", h.umoci, err, ours, refused, theirs)
			}
		})
	}
}
