package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

func TestCompletionNamesEveryVerbAndFlag(t *testing.T) {
	for shell, script := range map[string]string{"bash": bashCompletion(), "fish": fishCompletion()} {
		for _, v := range verbs() {
			line := "\t" + v.name + ") flags='"
			if shell == "fish" {
				line = "__fish_use_subcommand -a " + v.name + " -d "
			}
			_, rest, ok := strings.Cut(script, line)
			if !ok {
				t.Errorf("%s: no %s", shell, v.name)
			}
			own, _, _ := strings.Cut(rest, "'")
			for name := range fieldsOf(v.make().groups()) {
				switch {
				case !strings.HasPrefix(name, "--"):
				case shell == "bash" && !slices.Contains(strings.Fields(own), name),
					shell == "fish" && !strings.Contains(script, "'__fish_seen_subcommand_from "+v.name+"' -l "+name[2:]+"\n"):
					t.Errorf("%s: %s lacks %s", shell, v.name, name)
				}
			}
		}
	}
	for shell, want := range map[string]string{"bash": "complete -o filenames -F _urun urun\n", "zsh": "#compdef urun\n", "fish": "complete -c urun "} {
		if out, err := printed(t, func() error { _, err := (&completionCmd{Args: []string{shell}}).run(); return err }); err != nil || !strings.Contains(out, want) {
			t.Errorf("%s: %v", shell, err)
		}
	}
	for _, args := range [][]string{{"tcsh"}, {"bash", "zsh"}} {
		if _, err := (&completionCmd{Args: args}).run(); err == nil || !strings.Contains(err.Error(), "bash, zsh") {
			t.Errorf("%q: %v", args, err)
		}
	}
}

// completed is what bash offers for the last of the words, in a directory with a few files.
func completed(t *testing.T, words ...string) []string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"my rootfs", "plain"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"a file": "", "urun": "#!/bin/sh\necho \"web db $2\"\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command("bash", "--norc", "-c", bashCompletion()+`COMP_WORDS=("$@"); COMP_CWORD=`+strconv.Itoa(len(words))+`; _urun; for w in "${COMPREPLY[@]}"; do echo "$w"; done`, "bash", "urun")
	c.Args = append(c.Args, words...)
	c.Dir, c.Env = dir, []string{"PATH=" + dir + ":" + os.Getenv("PATH")}
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v\n%s", words, err, out)
	}
	list := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	slices.Sort(list)
	return slices.Compact(list)
}

func TestBashCompletes(t *testing.T) {
	testenv.Need(t, "bash")
	c := exec.Command("bash", "-n")
	c.Stdin = strings.NewReader(bashCompletion())
	if out, err := c.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v\n%s", err, out)
	}
	for line, want := range map[string]string{
		"st":            "stats|stop",
		"p":             "pause|plain|port|ps",
		"my":            "my rootfs",
		"--det":         "--detach",
		"stop --t":      "--time|--timeout",
		"stop w":        "web",
		"stop ":         "--noheading|db|web", // of those that run
		"rm ":           "--all|db|web",       // also of those that have ended
		"logs --ta":     "--tail",
		"exec --workd":  "--workdir",
		"ps --fo":       "--format",
		"-v a: --read-": "--read-only",
		"./rootfs a":    "a file",
		"version --h":   "--help",
	} {
		if got := strings.Join(completed(t, strings.Split(line, " ")...), "|"); got != want {
			t.Errorf("%q: got %s, want %s", line, got, want)
		}
	}
}
