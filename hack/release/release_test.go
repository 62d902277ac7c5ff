// Package release has the tests of the scripts in this directory. They build a release, which takes some seconds.
package release

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

const version = "1.2.3-rc.1"

// dist is a release.
var dist string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "urun-release")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		dist = filepath.Join(dir, "dist")
		if out, err := build(".", dist, version).CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%v: %s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// build is hack/release/build of a checkout's hack/release. All in this file has one date and commit, whatever git knows.
func build(at, dist, version string) *exec.Cmd {
	c := exec.Command(at+"/build", version, dist)
	c.Env = append(os.Environ(), "SOURCE_DATE_EPOCH=1700000000", "COMMIT=0123456789abcdef0123456789abcdef01234567")
	return c
}

func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			list = append(list, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// run runs a program to its end and gives what it prints.
func run(t *testing.T, c *exec.Cmd) string {
	t.Helper()
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v: %s", c.Args, err, out)
	}
	return string(out)
}

func TestAReleaseHasEverythingAndItsSums(t *testing.T) {
	want := []string{"SHA256SUMS",
		"urun-1.2.3-rc.1-linux-amd64.cdx.json", "urun-1.2.3-rc.1-linux-amd64.tar.gz",
		"urun-1.2.3-rc.1-linux-arm64.cdx.json", "urun-1.2.3-rc.1-linux-arm64.tar.gz",
		"urun-1.2.3~rc.1-1.aarch64.rpm", "urun-1.2.3~rc.1-1.x86_64.rpm",
		"urun_1.2.3~rc.1_amd64.deb", "urun_1.2.3~rc.1_arm64.deb"}
	if got := names(t, dist); !slices.Equal(got, want) {
		t.Errorf("a release is %q, want %q", got, want)
	}
	check := exec.Command("sha256sum", "--check", "--strict", "SHA256SUMS")
	check.Dir = dist
	if out := run(t, check); strings.Count(out, ": OK\n") != len(want)-1 {
		t.Errorf("sums: %s", out)
	}
}

// Where the sources are, who may read them and when they were written does not show.
func TestTwoBuildsGiveTheSameBytes(t *testing.T) {
	checkout := filepath.Join(t.TempDir(), "another", "place")
	run(t, exec.Command("sh", "-c", `umask 077 && mkdir -p "$1" && cd ../.. &&
		tar -cf - --exclude=./bin --exclude=./build --exclude=./dist --exclude=./.git . | tar -xmf - -C "$1" --no-same-permissions`, "sh", checkout))
	again := filepath.Join(t.TempDir(), "dist")
	c := build(filepath.Join(checkout, "hack", "release"), again, "v"+version)
	c.Args = append([]string{"sh", "-c", `umask 077 && exec "$@"`, "sh"}, c.Args...)
	c.Path, c.Env = "/bin/sh", append(c.Env, "GOFLAGS=-trimpath=false", "GOAMD64=v3", "TZ=Asia/Tokyo")
	run(t, c)
	for _, name := range names(t, dist) {
		if !bytes.Equal(read(t, filepath.Join(dist, name)), read(t, filepath.Join(again, name))) {
			t.Errorf("%s differs", name)
		}
	}
}

func TestAVersionIsANumber(t *testing.T) {
	for _, bad := range []string{"", "abc1234-dirty", "1.2", "1.2.3-4-gabc1234 ", "1.2.3;true"} {
		out, err := build(".", filepath.Join(t.TempDir(), "dist"), bad).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "not a version such as 1.2.3") {
			t.Errorf("VERSION=%q: %v: %s", bad, err, out)
		}
	}
}

// unpack gives the directory of an archive.
func unpack(t *testing.T, arch string) string {
	t.Helper()
	dir := t.TempDir()
	name := "urun-" + version + "-linux-" + arch
	run(t, exec.Command("tar", "-xf", filepath.Join(dist, name+".tar.gz"), "-C", dir))
	return filepath.Join(dir, name)
}

func TestTheListOfPartsIsWhatTheLinkerSays(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		var doc struct {
			Format     string `json:"bomFormat"`
			Components []struct {
				Name, Version, PURL string
				Licenses            []struct{ Expression string }
			}
			Dependencies []struct {
				Ref       string
				DependsOn []string
			}
		}
		if err := json.Unmarshal(read(t, filepath.Join(dist, "urun-"+version+"-linux-"+arch+".cdx.json")), &doc); err != nil {
			t.Fatal(err)
		}
		uses := map[string][]string{}
		for _, d := range doc.Dependencies {
			uses[d.Ref] = d.DependsOn
		}
		top := unpack(t, arch)
		texts := string(read(t, filepath.Join(top, "share/doc/urun/THIRD-PARTY-LICENSES")))
		for _, program := range []string{"bin/urun", "libexec/urun/urun-netstack", "libexec/urun/urun-image"} {
			info, err := buildinfo.ReadFile(filepath.Join(top, program))
			if err != nil {
				t.Fatal(err)
			}
			list := uses["program:"+filepath.Base(program)]
			if len(list) != len(info.Deps)+1 {
				t.Errorf("%s of %s uses %q, and has %d modules and std", program, arch, list, len(info.Deps))
			}
			for _, d := range info.Deps {
				if !slices.Contains(list, "pkg:golang/"+strings.ToLower(d.Path)+"@"+strings.ReplaceAll(d.Version, "+", "%2B")) {
					t.Errorf("%s of %s: no %s %s in %q", program, arch, d.Path, d.Version, list)
				}
				if !strings.Contains(texts, "\n"+d.Path+" "+d.Version+": ") {
					t.Errorf("no license of %s %s", d.Path, d.Version)
				}
			}
		}
		for _, c := range doc.Components {
			if len(c.Licenses) != 1 || c.Licenses[0].Expression == "" {
				t.Errorf("%s has no license", c.Name)
			}
		}
		if doc.Format != "CycloneDX" || len(doc.Components) < 10 {
			t.Errorf("%q with %d components", doc.Format, len(doc.Components))
		}
	}
}

// The other architecture's binary is run by an emulator, where there is one.
func TestTheBinariesStart(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		var line []string
		if arch != runtime.GOARCH {
			if line = strings.Fields(os.Getenv("URUN_TEST_EMULATOR")); line == nil {
				t.Log(arch + " is not run: URUN_TEST_EMULATOR names no emulator")
				continue
			}
		}
		line = append(line, filepath.Join(unpack(t, arch), "bin/urun"), "--version")
		if out := run(t, exec.Command(line[0], line[1:]...)); !strings.HasPrefix(out, "urun "+version+" linux/"+arch+" ") {
			t.Errorf("%s: %s", arch, out)
		}
	}
}
