package release

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// The examples of docs/ci.md install what a release has, by the names that it has.
func TestTheExamplesForCIInstallARelease(t *testing.T) {
	var github struct {
		Jobs map[string]struct {
			Env   map[string]string
			Steps []struct{ Name, Run string }
		}
	}
	var gitlab struct {
		Test struct {
			Variables    map[string]string
			BeforeScript []string `yaml:"before_script"`
			Script       []string
		}
	}
	parse(t, "github-actions.yml", &github)
	parse(t, "gitlab-ci.yml", &gitlab)

	steps := github.Jobs["test"].Steps
	i := slices.IndexFunc(steps, func(s struct{ Name, Run string }) bool { return s.Name == "Install urun" })
	if i < 0 {
		t.Fatalf("no step that installs in %+v", steps)
	}
	if github.Jobs["test"].Env["URUN_VERSION"] == "" || gitlab.Test.Variables["URUN_VERSION"] == "" {
		t.Error("an example has no version")
	}
	prefix := runExample(t, steps[i].Run)
	if path := string(read(t, filepath.Join(prefix, "github-path"))); path != prefix+"/.local/bin\n" {
		t.Errorf("the PATH of later steps: %q", path)
	}
	for _, s := range steps[i+1:] {
		for _, name := range homePaths(s.Run) {
			if _, err := os.Stat(strings.Replace(name, "$HOME", prefix, 1)); err != nil {
				t.Error(err)
			}
		}
	}

	before := gitlab.Test.BeforeScript
	if last := before[len(before)-1]; last != "urun doctor" || len(gitlab.Test.Script) == 0 {
		t.Errorf("before the tests %q, then %q", last, gitlab.Test.Script)
	}
	script := strings.Join(before[:len(before)-1], "\n")
	runExample(t, strings.Replace(script, "/usr/local", "$HOME/.local", 1))
}

func parse(t *testing.T, name string, to any) {
	t.Helper()
	if err := yaml.Unmarshal(read(t, filepath.Join("..", "..", "docs", "ci", name)), to); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// homePaths are the files below the home directory that a step names.
func homePaths(run string) (list []string) {
	for _, word := range strings.Fields(run) {
		if word = strings.Trim(word, `"`); strings.HasPrefix(word, "$HOME/") {
			list = append(list, word)
		}
	}
	return list
}

// runExample runs the lines with a curl that has the release that was built, and gives the home directory, in which
// urun was installed.
func runExample(t *testing.T, script string) string {
	t.Helper()
	home, bin := t.TempDir(), t.TempDir()
	curl := "#!/bin/sh\nexec cp " + dist + "/\"${2##*/}\" .\n"
	for name, text := range map[string]string{"curl": curl, "apt-get": "#!/bin/sh\n"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command("bash", "-e", "-c", script)
	c.Dir = t.TempDir()
	c.Env = []string{"PATH=" + bin + ":/usr/bin:/bin", "HOME=" + home, "URUN_VERSION=" + version, "GITHUB_PATH=" + home + "/github-path"}
	run(t, c)
	if out := run(t, exec.Command(filepath.Join(home, ".local/bin/urun"), "--version")); !strings.HasPrefix(out, "urun "+version+" ") {
		t.Errorf("it installs %s", out)
	}
	return home
}
