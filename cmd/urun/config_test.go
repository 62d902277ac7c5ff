package main

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/container"
)

// withConfig makes the file of defaults that is in force for the test.
func withConfig(t *testing.T, text string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("URUN_CONFIG", file)
	return file
}

func parsed(t *testing.T, line string) command {
	t.Helper()
	c, err := parse(strings.Fields(line))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return c
}

func TestDefaultsAreBelowTheCommandLine(t *testing.T) {
	file := withConfig(t, `
[run]
memory = "2g"
pids-limit = 200
read-only = true
init = false
net = "none"
volume = ["/a:/b", "/c:/d"]
[exec]
workdir = "/tmp"
[ps]
all = true
`)
	no, yes := false, true
	for line, want := range map[string]func(c *runCmd){
		"./r":                            func(*runCmd) {},
		"run -m 1g --network host ./r":   func(c *runCmd) { c.Memory, c.Net = "1g", "host" },
		"-v /e:/f --read-only=false ./r": func(c *runCmd) { c.Volume, c.ReadOnly = append(c.Volume, "/e:/f"), false },
		"--init ./r":                     func(c *runCmd) { c.Init = &yes },
	} {
		w := &runCmd{Rootfs: "./r"}
		w.Memory, w.PidsLimit, w.ReadOnly, w.Init, w.Net, w.Volume = "2g", "200", true, &no, "none", []string{"/a:/b", "/c:/d"}
		w.named = strings.HasPrefix(line, "run ")
		want(w)
		if got := parsed(t, line).(*runCmd); !reflect.DeepEqual(normal(got), normal(w)) {
			t.Errorf("%s: got %+v, want %+v", line, got, w)
		}
	}
	if c := parsed(t, "exec -u 1 web id").(*execCmd); c.Workdir != "/tmp" || c.User != "1" || c.Name != "web" || len(c.Command) != 1 {
		t.Errorf("%+v", c)
	}
	if c := parsed(t, "ps -q").(*psCmd); !c.All || !c.Quiet {
		t.Errorf("%+v", c)
	}
	for _, line := range []string{"--config none ./r", "--config=none ./r", "run --config none -- ./r"} {
		if c := parsed(t, line).(*runCmd); c.Memory != "" || c.ReadOnly || c.Volume != nil || c.Rootfs != "./r" {
			t.Errorf("%s: %+v", line, c)
		}
	}
	// A flag before the environment.
	t.Setenv("URUN_CONFIG", filepath.Join(t.TempDir(), "absent"))
	if c := parsed(t, "--config "+file+" ./r").(*runCmd); c.Memory != "2g" {
		t.Errorf("%+v", c)
	}
}

func TestWhereDefaultsAreLookedFor(t *testing.T) {
	for _, tt := range []struct{ flag, urun, xdg, home, want, by string }{
		{"/f", "/u", "/x", "/h", "/f", "--config"}, {"", "/u", "/x", "/h", "/u", "URUN_CONFIG"}, {"", "", "/x", "/h", "/x/urun/config.toml", ""}, {"", "", "", "/h", "/h/.config/urun/config.toml", ""},
		{"", "", "relative", "/h", "/h/.config/urun/config.toml", ""}, {"", "", "", "", "", ""}, {"", "", "", "relative", "", ""}, {"none", "/u", "/x", "/h", "", "--config"}, {"", "none", "/x", "/h", "", "URUN_CONFIG"},
		{"rel", "none", "", "", "rel", "--config"},
	} {
		for name, value := range map[string]string{"URUN_CONFIG": tt.urun, "XDG_CONFIG_HOME": tt.xdg, "HOME": tt.home} {
			t.Setenv(name, value)
		}
		if file, by := configFile(tt.flag); file != tt.want || by != tt.by {
			t.Errorf("%+v: got %q by %q", tt, file, by)
		}
	}
	for _, name := range []string{"URUN_CONFIG", "XDG_CONFIG_HOME", "HOME"} {
		os.Unsetenv(name) // the last Setenv puts them back
	}
	if c := parsed(t, "./r").(*runCmd); c.Rootfs != "./r" {
		t.Errorf("without HOME: %+v", c)
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	if file, exists, err := configInForce(); file != home+"/.config/urun/config.toml" || exists || err != nil {
		t.Errorf("%s, %v, %v", file, exists, err)
	}
}

func TestWhatIsWrongWithDefaults(t *testing.T) {
	for text, want := range map[string]string{
		"[run]\nmemry = \"1g\"":                     ":2: there is no flag --memry of urun run; did you mean --memory?",
		"[run]\nquux = 1":                           ":2: there is no flag --quux of urun run; urun help run lists them",
		"[ps]\nmemory = \"1g\"":                     ":2: --memory is a flag of urun run, urun update and not of urun ps",
		"[rnu]\nmemory = \"1g\"":                    `:2: there is no verb "rnu"; did you mean run?`,
		"[run]\n\nmemory = true":                    `:3: memory is true or false; write memory = "SIZE"`,
		"[run]\nmemory = [\"1g\"]":                  `:2: memory is a list; write memory = "SIZE"`,
		"[run]\nvolume = \"/a\"":                    `:2: volume is a text; write volume = ["SRC[:DST][:OPTS]"]`,
		"[run]\nread-only = \"true\"":               ":2: read-only is a text; write read-only = true or read-only = false",
		"[run]\nread-only = 1":                      ":2: read-only is a number; write read-only = true",
		"[run]\nmemory = \"\"":                      `:2: memory = "": the value is empty`,
		"[run]\nvolume = [\"/a\", \"\"]":            `:2: volume = "": the value is empty`,
		"[run]\nno-init = true":                     ":2: write init = false",
		"[run]\nnet = \"none\"\nnetwork = \"host\"": ":3: network is the same as net",
		"[run]\nm = \"1g\"":                         ":2: there is no flag --m of urun run",
		"[run]\nconfig = \"x\"":                     ":2: config cannot be a default: it names the file",
		"[ps]\nhelp = true":                         ":2: help cannot be a default: nothing else would be done",
		"[version]\njson = true":                    ":2: urun version has no defaults",
		"[help]\nx = true":                          ":2: urun help has no defaults",
		"[run]\nmemory":                             ":2: ",
		"[stop]\ntime = 5\n[run]\nname = \"x\"":     ":4: name cannot be a default: it is one container's own",
	} {
		file := withConfig(t, text)
		_, err := parse(strings.Fields("ps"))
		if err == nil || !strings.HasPrefix(err.Error(), file+want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
		if _, exists, err := configInForce(); !exists || err == nil {
			t.Errorf("%q: doctor says %v, %v", text, exists, err)
		}
		for _, line := range []string{"version", "--version", "help", "ps --help", "completion bash", "--config none ./r"} { // these tell what to do
			if _, err := parse(strings.Fields(line)); err != nil {
				t.Errorf("%q: %s: %v", text, line, err)
			}
		}
	}
	file := withConfig(t, "[run]\n")
	if err := os.Chmod(file, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := parse([]string{"./r"}); err == nil || !strings.Contains(err.Error(), file+": others may write it") {
		t.Error(err)
	}
	t.Setenv("URUN_CONFIG", "/absent")
	if _, err := parse([]string{"./r"}); err == nil || err.Error() != `URUN_CONFIG "/absent": there is no such file; for no defaults write URUN_CONFIG=none` {
		t.Error(err)
	}
	if _, err := parse([]string{"--config", "/nowhere", "./r"}); err == nil || !strings.HasPrefix(err.Error(), `--config "/nowhere": there is no such file`) {
		t.Error(err)
	}
}

// A name, a file to write or a rm --all in a file of defaults would hit the second container, or the wrong one.
func TestWhatCannotBeADefault(t *testing.T) {
	for key, value := range map[string]string{
		"run.name": `"web"`, "run.cidfile": `"/x"`, "run.pidfile": `"/x"`, "run.json": `"/x"`, "run.overlay": `"/x"`, "run.entrypoint": `"sh"`, "run.detach": "true", "run.explain": "true",
		"run.replace": "true", "exec.detach": "true", "exec.explain": `"json"`, "rm.all": "true", "rm.force": "true", "stop.all": "true", "kill.all": "true", "update.memory": `"1g"`, "update.cpus": "2",
	} {
		verb, name, _ := strings.Cut(key, ".")
		withConfig(t, "["+verb+"]\n"+name+" = "+value)
		if _, err := parse([]string{"./r"}); err == nil || !strings.Contains(err.Error(), ":2: "+name+" cannot be a default: ") {
			t.Errorf("%s: %v", key, err)
		}
	}
	for _, row := range notFromFile {
		v, written, _ := chooseVerb([]string{row.verb})
		for name := range strings.FieldsSeq(row.flags) {
			if _, has := fieldsOf(v.make().groups())["--"+name]; !written || !has && name != "*" {
				t.Errorf("there is no --%s of %s", name, row.verb)
			}
		}
	}
}

// What nobody sees on the command line is named with the line where it stands; what the command line has overridden is not.
func TestErrorsNameTheFile(t *testing.T) {
	file := withConfig(t, "[run]\nnet = \"slirp4nets\"\nvolume = [\"/a:b\"]\ncap-drop = [\"ALL\"]\n")
	for line, want := range map[string]string{
		"--explain ./r":                               "; --net is set in " + file + ":2; did you mean slirp4netns?",
		"--explain --net hots ./r":                    "there is no such network",
		"--explain --net none ./r":                    "; --volume is set in " + file + ":3",
		"--explain --net none -v /x:y ./r":            file + ":3",
		"--explain --net none --cap-add flying ./r":   "stands for all of them",
		"--explain --config none --net none -v y ./r": "./y",
	} {
		_, err := run(strings.Fields(line))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), file) != strings.Contains(want, file) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
	d := parsed(t, "./r")
	if d.(*runCmd).CapDrop[0] != "ALL" {
		t.Error("a protection of the file's is not asked for")
	}
	whole, err := parse([]string{"./r"})
	if err != nil {
		t.Fatal(err)
	}
	var e *container.Error
	if got := blame([]string{"./r"}, whole, &container.Error{Status: 126, Says: "--net cannot be had"}); !errors.As(got, &e) || e.Status != 126 || !strings.HasSuffix(e.Says, "; --net is set in "+file+":2") {
		t.Error(got)
	}
	// Not every message has its value in quotes.
	if got := blame([]string{"./r"}, whole, &container.Error{Status: 125, Says: "--cap-drop ALL cannot be had"}); !errors.As(got, &e) || !strings.Contains(e.Says, "; --cap-drop is set in "+file) {
		t.Error(got)
	}
	if got := blame([]string{"./r"}, whole, &container.Error{Status: 126, Says: "--network x"}); !errors.As(got, &e) || strings.Contains(e.Says, file) {
		t.Error(got)
	}
}

// What the man page shows is a file that works, and it has the list of what cannot be a default.
func TestTheConfigurationFileOfTheManPage(t *testing.T) {
	page := manPages(t)["urun.1"]
	_, section, ok := strings.Cut(page, ".SH CONFIGURATION FILE\n")
	section, _, _ = strings.Cut(section, "\n.SH ")
	_, sample, ok2 := strings.Cut(section, ".nf\n")
	sample, refused, ok3 := strings.Cut(sample, ".fi\n")
	if !ok || !ok2 || !ok3 {
		t.Fatal(page)
	}
	withConfig(t, sample)
	if c := parsed(t, "./r").(*runCmd); c.Memory != "2g" || !c.ReadOnly || len(c.Deny) != 2 {
		t.Errorf("%+v", c)
	}
	_, refused, _ = strings.Cut(refused, "Not from a file come\n")
	words := strings.FieldsFunc(strings.ReplaceAll(refused, `\-`, "-"), func(r rune) bool { return strings.ContainsRune(" \n,\".", r) })
	for _, row := range notFromFile {
		for name := range strings.FieldsSeq(row.verb + " " + row.flags) {
			if name != "*" && !slices.Contains(words, name) {
				t.Errorf("the man page lacks %s of %s", name, row.verb)
			}
		}
	}
}
