package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What changes from run to run.
var moment = regexp.MustCompile(`"(Created|Pulled)": "20[^"]*"`)

func TestAnImageIsInspected(t *testing.T) {
	withImages(t)
	out, err := printed(t, func() error { return call("inspect quay.io/me/nginx:1.27") })
	if err != nil {
		t.Fatal(err)
	}
	out = moment.ReplaceAllString(out, `"$1": "TIME"`)
	golden := filepath.Join("testdata", "image-inspect.json")
	if *update {
		if err := os.WriteFile(golden, []byte(out), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || out != string(want) {
		t.Errorf("%s differs; -update writes it. Now:\n%s", golden, out)
	}
	for line, want := range map[string]string{
		"inspect -f {{.Config.User}},{{.Architecture}},{{.Variant}} me/nginx:1.27": "nginx,arm64,v8\n",
		"inspect -f {{.Author}} --type image mine me/nginx:1.27":                   "alpine's\nnginx's\n",
	} {
		if got, err := printed(t, func() error { return call(line) }); err != nil || got != want {
			t.Errorf("%s: %q, %v", line, got, err)
		}
	}
}

func TestHistory(t *testing.T) {
	s := withImages(t)
	id := idOf(t, s, "me/nginx:1.27")
	for line, want := range map[string]string{
		// There is a layer more than the history has steps for.
		"history --format {{.ID}}|{{.CreatedBy}}|{{.Size}}|{{.Comment}} me/nginx:1.27": id[:12] + "||999 B|\n<missing>|RUN make|47.2 MB|\n<missing>|ENV A=b|0 B|\n<missing>|ADD nginx\\x1b[2J in /|140 MB|the first\n",
		"history -q mine": idOf(t, s, "mine")[:12] + "\n<missing>\n<missing>\n",
	} {
		if got, err := printed(t, func() error { return call(line) }); err != nil || got != want {
			t.Errorf("%s: %v, got\n%swant\n%s", line, err, got, want)
		}
	}
	out, err := printed(t, func() error { return call("history mine") })
	if err != nil || strings.Join(strings.Fields(strings.SplitN(out, "\n", 2)[0]), " ") != "ID CREATED CREATED BY SIZE COMMENT" {
		t.Errorf("%v\n%s", err, out)
	}
	// An image whose configuration is not there any more has layers all the same.
	if err := os.RemoveAll(filepath.Join(s.Dir, "images/blobs")); err != nil {
		t.Fatal(err)
	}
	if got, err := printed(t, func() error { return call("history --format {{.Size}} mine") }); err != nil || got != "8.3 MB\n" {
		t.Errorf("%q, %v", got, err)
	}
}
