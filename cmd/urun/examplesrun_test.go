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
	`urun pull alpine`:                            "a registry",
	`urun pull --platform linux/arm64 quay.io/fedora/fedora:42`: "a registry",
	`urun pull --all-tags localhost:5000/mine`:                  "a registry",
	`urun push registry.example.com/me/mine:1`:                  "a registry",
	`urun push mine registry.example.com/me/mine:1`:             "a registry",
	`urun completion fish | source`:                             "fish, whose test there is",
	`source <(urun completion zsh)`:                             "a prompt of zsh's, whose test there is",
}

// withMine puts an image into the store of h that is called mine and alpine:3.20, and into dir as an archive; there are none of before.
func withMine(t *testing.T, h *testenv.Home, dir string) {
	t.Helper()
	for _, name := range []string{"layout", "mine.tar", "mine.tar.gz", "small.tar"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	c := h.Host("sh", "-c", `cd "$1" && mkdir -p small/bin && : >small/bin/sh && chmod 755 small/bin/sh && tar --owner=0 --group=0 -cf small.tar -C small . && "$2" pull -q ./small.tar >/dev/null &&
		"$2" tag "tar:$1/small.tar" mine other alpine:3.20 docker.io/library/alpine:3.20 && "$2" save -q --format oci-archive -o mine.tar mine && gzip -k mine.tar`, "sh", dir, h.Urun)
	testenv.Finish(t, c).OK(t)
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
				if strings.Contains(e.line, "mine") || strings.Contains(e.line, "alpine") {
					withMine(t, h, dir)
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
				if pageOf(v).group == "Images" { // progress, and the question of prune, which nobody answers
					r.Stderr = ""
				}
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
