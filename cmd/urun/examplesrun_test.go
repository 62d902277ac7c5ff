package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// notRun are examples that take what not every machine has, or that end when someone ends them.
var notRun = map[string]string{
	`urun exec -it web sh`:                        "someone types",
	`urun attach web`:                             "it ends with the container",
	`urun attach --no-stdin --no-sig-proxy web`:   "it ends with the container",
	`urun attach --detach-keys ctrl-x web`:        "someone types",
	`urun logs -f --tail 20 web`:                  "it ends with the container",
	`urun port web 80`:                            "a network",
	`urun stats`:                                  "a cgroup",
	`urun stats --no-stream web`:                  "a cgroup",
	`urun pause web`:                              "a cgroup",
	`urun pause web db`:                           "a cgroup",
	`urun unpause web`:                            "a cgroup",
	`urun unpause web db`:                         "a cgroup",
	`urun update -m 200m web`:                     "a cgroup",
	`urun update --cpus max --pids-limit 100 web`: "a cgroup",
	`urun completion fish | source`:               "fish, whose test there is",
	`source <(urun completion zsh)`:               "a prompt of zsh's, whose test there is",
}

// What help says works, works. What makes a container is explained and not started: most of their commands are not there.
func TestExamplesRun(t *testing.T) {
	testenv.Unprivileged(t)
	testenv.Need(t, "bash", "busybox", "tar")
	kit, err := testenv.NewKit()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kit.Close) // when all have run side by side
	seen := map[string]bool{}
	for _, v := range verbs() {
		for _, e := range pageOf(v).examples {
			seen[e.line] = true
		}
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			h, dir := kit.Home(t, ""), kit.Dir(t)
			for _, d := range []string{".ssh", "src", "debian"} {
				if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Symlink(h.Rootfs, filepath.Join(dir, "rootfs")); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command("tar", "-cf", dir+"/debian.tar", "-C", dir, "src").CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, e := range pageOf(v).examples {
				if notRun[e.line] != "" {
					continue
				}
				h.Run("rm", "-f", "-a").OK(t)
				for _, name := range []string{"web", "db"} {
					command := []string{"sleep", "60"}
					if v.name == "wait" || e.line == "urun rm web" || e.line == "urun rm --all" {
						command = []string{"true"}
					}
					h.Detach([]string{"--name", name, "--net", "none"}, command...)
					if command[0] == "true" {
						h.Run("wait", name).OK(t)
					}
				}
				line := e.line
				if v.name == "run" {
					line = strings.Replace(line, "urun ", "urun --explain ", 1)
				}
				c := h.Host("bash", "-c", line)
				c.Dir = dir
				c.Env = append(c.Env, "PATH="+filepath.Dir(h.Urun)+":"+os.Getenv("PATH"), "HOME="+dir)
				r := testenv.Finish(t, c)
				r.OK(t)
				if v.name == "run" && !strings.Contains(strings.Join(r.Lines(), "\n"), "execveat") {
					t.Errorf("%s: explains nothing", e.line)
				}
			}
			h.Run("rm", "-f", "-a").OK(t)
		})
	}
	for line := range notRun {
		if !seen[line] {
			t.Errorf("there is no example %s", line)
		}
	}
}
