package main

import (
	"slices"
	"strings"
	"testing"
)

func TestHelpNamesEveryVerbAndFlag(t *testing.T) {
	screen, err := helpFor(nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(screen, "\n"); n > 60 {
		t.Errorf("%d lines are no screen", n)
	}
	texts := map[string]string{"": screen}
	for _, v := range verbs() {
		if !strings.Contains(screen, "\n  "+v.name+" ") {
			t.Errorf("the overview lacks %s", v.name)
		}
		text, err := helpFor([]string{v.name})
		if err != nil {
			t.Fatal(err)
		}
		texts[v.name] = text
		for name, f := range fieldsOf(v.groups(v.make(), &commonFlags{})) {
			long, ok := strings.CutPrefix(name, "--")
			if ok && !f.negated && f.tag.Get("aliases") != long && !strings.Contains(text, "--"+long) && !strings.Contains(text, "--[no-]"+long) {
				t.Errorf("help %s lacks %s", v.name, name)
			}
		}
	}
	for verb, text := range texts {
		for line := range strings.Lines(text) {
			if len(line) > width+2 && !strings.HasPrefix(line, "  urun ") {
				t.Errorf("%s: a line of %d bytes: %s", verb, len(line), line)
			}
		}
	}
}

// Each verb says what it is for, with lines to copy.
func TestEveryVerbHasAPage(t *testing.T) {
	var lists [][]page
	lists = append(lists, runPages, lookPages, managePages, imagePages, ownPages)
	for _, v := range verbs() {
		p := pageOf(v)
		if n := len(p.examples); n < 2 || n > 6 {
			t.Errorf("%s has %d examples: add a page to the tables beside page.go", v.name, n)
		}
		if !slices.Contains(verbGroups, p.group) {
			t.Errorf("%s is in no group", v.name)
		}
		text, _ := v.text()
		for _, e := range p.examples {
			if !strings.Contains(text, "\n  "+e.line+"\n") {
				t.Errorf("help %s lacks %s", v.name, e.line)
			}
		}
	}
	for _, p := range slices.Concat(lists...) {
		if !slices.Contains(verbList(), p.verb) {
			t.Errorf("there is a page for %s, which is no verb", p.verb)
		}
	}
}

func TestHelpTellsOfAFlag(t *testing.T) {
	for line, want := range map[string][]string{
		"help --memory":         {"urun run, urun update:\n  -m, --memory SIZE", "512m"},
		"help -t":               {"urun run, urun exec:\n  -t, --[no-]tty", "urun logs:\n  -t, --timestamps", "urun stop:\n"},
		"help --network":        {"urun run:\n      --net MODE"},
		"help --no-init":        {"--[no-]init"},
		"help --memory=1g":      {"-m, --memory SIZE"},
		"help --memori":         {"no verb has such a flag; did you mean --memory?"},
		"help --quux":           {"no verb has such a flag; urun VERB --help"},
		"help memory":           {"urun run, urun update:\n  -m, --memory SIZE"},
		"help m":                {"there is no such verb; urun help lists them"},
		"help stahts":           {"there is no such verb; did you mean stats?"},
		"help quux":             {"there is no such verb; urun help lists them"},
		"help --help":           {"Usage: urun help"},
		"run --help":            {"Usage: urun run [FLAGS] ROOTFS", "Exit status:\n"},
		"--help":                {"Manage:\n", "--read-only --cap-drop ALL --net none --memory 512m"},
		"ps --memory":           {"urun ps has no flag --memory, which is one of urun run, urun update; urun help ps"},
		"ps --cap-dorp":         {"unknown flag --cap-dorp; urun help ps"},
		"--cap-dorp x ./rootfs": {"did you mean --cap-drop?"},
	} {
		text := ""
		c, err := parse(strings.Fields(line))
		if err == nil {
			text, err = helpFor(c.(*helpCmd).verb)
		}
		if err != nil {
			text = err.Error()
		}
		for _, words := range want {
			if !strings.Contains(text, words) {
				t.Errorf("%s: %q lacks %q", line, text, words)
			}
		}
	}
}

func TestNearest(t *testing.T) {
	for word, want := range map[string]string{
		"insepct": "inspect", "stat": "stats", "lgos": "logs", "rnu": "run", "p": "", "pss": "ps", "quux": "", "INSPECT": "inspect", "unpuase": "unpause", "-x": "", "--p": "",
	} {
		if got := strings.Join(nearest(word, []string{"run", "ps", "logs", "stats", "inspect", "pause", "unpause", "inspect"}), " "); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}
