package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

func manDir() string { return filepath.Join(testenv.Root(), "docs", "man") }

// manPages are all of them by the names of their files.
func manPages(t *testing.T) map[string]string {
	t.Helper()
	pages := map[string]string{}
	for _, v := range verbs() {
		p, err := readProse(filepath.Join(manDir(), "src", "urun-"+v.name+".roff"))
		if err != nil {
			t.Fatal(err)
		}
		if pages["urun-"+v.name+".1"], err = manPage(v, p); err != nil {
			t.Error(err)
		}
	}
	b, err := os.ReadFile(filepath.Join(manDir(), "src", "urun.roff"))
	if err != nil {
		t.Fatal(err)
	}
	pages["urun.1"] = overviewPage(t, string(b))
	return pages
}

// overviewPage is the page of all verbs: prose, and in it what the table says.
func overviewPage(t *testing.T, text string) string {
	t.Helper()
	var syn, list strings.Builder
	for _, v := range verbs() {
		if syn.Len() > 0 {
			syn.WriteString(".br\n")
		}
		syn.WriteString(synopsis(v))
	}
	list.WriteString(".SH VERBS\n")
	for _, group := range verbGroups {
		list.WriteString(".SS " + group + "\n")
		for _, v := range verbs() {
			if pageOf(v).group == group {
				list.WriteString(".TP\n.BR urun\\-" + v.name + " (1)\n" + roff(v.help) + "\n")
			}
		}
	}
	for part, with := range map[string]string{"synopsis": syn.String(), "verbs": list.String(), "examples": manExamples(firstExamples)} {
		if strings.Count(text, partMark+part+"\n") != 1 {
			t.Errorf("urun.roff: not one line %s%s", partMark, part)
		}
		text = strings.Replace(text, partMark+part+"\n", with, 1)
	}
	head, rest, _ := strings.Cut(text, "\n")
	return head + "\n" + generated + rest
}

// The pages that are checked in are those of this table of verbs and these flags.
func TestManPages(t *testing.T) {
	pages := manPages(t)
	old, err := filepath.Glob(filepath.Join(manDir(), "*.1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range old {
		if _, has := pages[filepath.Base(file)]; !has {
			t.Errorf("%s is the page of no verb: remove it", file)
		}
	}
	for name, want := range pages {
		file := filepath.Join(manDir(), name)
		if *update {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("docs/man/%s is not what the flags are now: run go test ./cmd/urun -run TestManPages -update", name)
		}
	}
	// Prose that belongs to no verb would be lost.
	sources, _ := filepath.Glob(filepath.Join(manDir(), "src", "*.roff"))
	for _, file := range sources {
		if _, has := pages[strings.TrimSuffix(filepath.Base(file), ".roff")+".1"]; !has {
			t.Errorf("%s is the prose of no verb", file)
		}
	}
	if len(sources) < 10 {
		t.Errorf("%d files of prose", len(sources))
	}
}

var overstrike = regexp.MustCompile(".\b") // how a terminal's bold is written

// A reader of manual pages has nothing to say of them.
func TestManPagesRender(t *testing.T) {
	testenv.Need(t, "mandoc")
	files, _ := filepath.Glob(filepath.Join(manDir(), "*.1"))
	c := exec.Command("mandoc", append([]string{"-Tlint", "-Wwarning"}, files...)...)
	if out, _ := c.CombinedOutput(); len(out) > 0 {
		for line := range strings.Lines(string(out)) {
			if !strings.Contains(line, "missing date") {
				t.Error(strings.TrimSpace(line))
			}
		}
	}
	for _, file := range files {
		out, err := exec.Command("mandoc", "-Tascii", file).Output()
		plain := overstrike.ReplaceAllString(string(out), "")
		for _, section := range []string{"NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "SEE ALSO"} {
			if err != nil || !strings.Contains(plain, "\n"+section+"\n") {
				t.Errorf("%s: no %s: %v", file, section, err)
			}
		}
	}
}

// Lines to type in the prose are examples as well.
func TestExamplesOfManPagesParse(t *testing.T) {
	n := 0
	for name, text := range manPages(t) {
		for _, block := range strings.Split(text, "\n.nf\n")[1:] {
			block, _, _ = strings.Cut(block, "\n.fi")
			block = strings.ReplaceAll(block, "\\\\\n", " ")
			block = strings.NewReplacer(`\-`, "-", `\e`, `\`, `\(aq`, "'", `\(ti`, "~").Replace(block)
			for line := range strings.Lines(block) {
				for _, args := range urunCalls(strings.TrimSpace(line)) {
					n++
					if _, err := parse(args); err != nil {
						t.Errorf("%s: %s: %v", name, line, err)
					}
				}
			}
		}
	}
	if n < 60 {
		t.Errorf("%d examples were looked at", n)
	}
}
