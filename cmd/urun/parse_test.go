package main

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"github.com/urun-project/urun/internal/ocispec"
)

func TestOptionsEndAtTheRootfs(t *testing.T) {
	for _, tt := range []struct {
		line    string
		rootfs  string
		command []string
	}{
		{"./r", "./r", nil},
		{"run ./r", "./r", nil},
		{"./r sh -c x", "./r", []string{"sh", "-c", "x"}},
		{"./r --read-only", "./r", []string{"--read-only"}},
		{"./r -- sh", "./r", []string{"--", "sh"}},
		{"./r --help", "./r", []string{"--help"}},
		{"-i ./r -v", "./r", []string{"-v"}},
		{"-- ./r --", "./r", []string{"--"}},
		{"-- -r -x", "-r", []string{"-x"}},
		{"-i -- ./r -- x", "./r", []string{"--", "x"}},
		{"--read-only=true ./r -- x --bogus", "./r", []string{"--", "x", "--bogus"}},
		{"--read-only=true -- ./r -- x", "./r", []string{"--", "x"}},
		{"-v a:/b ./r -v c:/d", "./r", []string{"-v", "c:/d"}},
		{"./run", "./run", nil},
		{"-i run", "run", nil},
		{"./r run unshare", "./r", []string{"run", "unshare"}},
		{"/", "/", nil},
		{"-i - x", "-", []string{"x"}},
	} {
		t.Run(tt.line, func(t *testing.T) {
			c, err := parse(strings.Fields(tt.line))
			if err != nil {
				t.Fatal(err)
			}
			run := c.(*runCmd)
			if run.Rootfs != tt.rootfs || !slices.Equal(run.Command, tt.command) {
				t.Errorf("got %q %q, want %q %q", run.Rootfs, run.Command, tt.rootfs, tt.command)
			}
		})
	}
}

func TestFlagsArrive(t *testing.T) {
	yes, no := true, false
	for _, tt := range []struct {
		line string
		want func(*runCmd)
	}{
		{"-it", func(c *runCmd) { c.Interactive = true; c.TTY = &yes }},
		{"--no-tty", func(c *runCmd) { c.TTY = &no }},
		{"--tty=false", func(c *runCmd) { c.TTY = &no }},
		{"-t --no-tty", func(c *runCmd) { c.TTY = &no }},
		{"--init", func(c *runCmd) { c.Init = &yes }},
		{"--no-init", func(c *runCmd) { c.Init = &no }},
		{"-va:/b --volume c:/d --volume=e:/f,g", func(c *runCmd) { c.Volume = []string{"a:/b", "c:/d", "e:/f,g"} }},
		{"-ivx", func(c *runCmd) { c.Interactive = true; c.Volume = []string{"x"} }},
		{"--network host", func(c *runCmd) { c.Net = "host" }},
		{"--net=none", func(c *runCmd) { c.Net = "none" }},
		{"--ulimit nofile=-1", func(c *runCmd) { c.Ulimit = []string{"nofile=-1"} }},
		{"--env=-x=1", func(c *runCmd) { c.Env = []string{"-x=1"} }},
		{"-e A=b=c,d", func(c *runCmd) { c.Env = []string{"A=b=c,d"} }},
		{"--uidmap 0:1000:1 --userns=single", func(c *runCmd) { c.UIDMap = []string{"0:1000:1"}; c.Userns = "single" }},
		{"--explain", func(c *runCmd) { c.Explain = explainText }},
		{"--explain=json", func(c *runCmd) { c.Explain = explainJSON }},
		{"--timing -q", func(c *runCmd) { c.Timing = explainText; c.Quiet = true }},
		{"--timing=json --debug", func(c *runCmd) { c.Timing = explainJSON; c.Debug = true }},
		{"--mount type=bind,src=a,dst=/b", func(c *runCmd) { c.Mount = []string{"type=bind,src=a,dst=/b"} }},
		{"-u 1:2 -w /x", func(c *runCmd) { c.User = "1:2"; c.Workdir = "/x" }},
		{"--read-only=false", func(*runCmd) {}},
		{"--no-init=false", func(c *runCmd) { c.Init = &yes }},
		{"-v=a:/b -i=true", func(c *runCmd) { c.Volume = []string{"a:/b"}; c.Interactive = true }},
		{"-v \xe1:/b", func(c *runCmd) { c.Volume = []string{"\xe1:/b"} }},
	} {
		t.Run(tt.line, func(t *testing.T) {
			want := &runCmd{Rootfs: "./r", Command: []string{"sh"}}
			tt.want(want)
			c, err := parse(append(strings.Fields(tt.line), "./r", "sh"))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(normal(c.(*runCmd)), normal(want)) {
				t.Errorf("got %+v, want %+v", c, want)
			}
		})
	}
}

func TestWhatIsWrongIsSaidInOneLine(t *testing.T) {
	for line, want := range map[string]string{
		"":                       "ROOTFS is missing",
		"-i":                     "ROOTFS is missing",
		"unshare":                "CMD is missing",
		"--volum a:/b ./r":       "unknown flag --volum; did you mean --volume?",
		"--privileged ./r":       "urun has no --privileged: ",
		"--restart=always ./r":   "urun has no --restart: nothing of urun's runs on",
		"--detach-keys x ./r":    "urun has no --detach-keys: urun attach has it",
		"--ip 10.0.0.2 ./r":      "urun has no --ip: ",
		"--oom-kill-disable ./r": "urun has no --oom-kill-disable: cgroup v2",
		"-m":                     "-m needs a value: write -m SIZE",
		"--memori 1g ./r":        "did you mean --memory?",
		"pause":                  "CONTAINER is missing: write urun pause CONTAINER...",
		"update --memory":        "--memory needs a value",
		"kill --sig TERM x":      "did you mean --signal?",
		"stats --nostream":       "did you mean --no-stream?",
		"--quux ./r":             "unknown flag --quux; urun help run lists them",
		"-V ./r":                 "unknown flag -V; urun help run lists them",
		"--hep":                  "did you mean --help?",
		"--verison":              "did you mean --version?",
		"--read ./r":             "did you mean --read-only?",
		"unshare --usern":        "did you mean --userns?",
		"unshare --fork":         "urun unshare has no --fork: ",
		"unshare --quux x":       "urun help unshare lists them",
		"-v":                     "-v needs a value: write -v SRC[:DST][:OPTS]",
		"-e":                     "-e needs a value: write -e NAME[=VALUE]",
		"-v -i ./r":              `-v needs a value before "-i": write`,
		"-u -1 ./r":              `-u needs a value before "-1": one that begins with a dash is written -u=-1`,
		"--explain=yaml ./r":     `--explain "yaml": write --explain, --explain=text or --explain=json`,
		"--read-only=maybe ./r":  `--read-only "maybe": write --read-only, --read-only=true or --read-only=false`,
		"-q=maybe ./r":           `-q "maybe": write -q, -q=true or -q=false`,
		"-q= ./r":                `-q "": write -q`,
		"version x":              `an argument too many, "x": write urun version`,
		"--version x":            `an argument too many, "x"`,
		"exec -m 1g x id":        "urun exec has no -m: the container's limits hold for every command in it; urun update changes them",
		"exec --seccomp f x id":  "urun exec has no --seccomp: a further command has the container's own capabilities and filter of system calls, decided when the container started",
		"exec --privileged x id": "urun exec has no --privileged: a further command has the container's own capabilities",
		"exec -v a:/b x id":      "urun exec has no -v: the command sees what the container sees",
		"exec --net none x id":   "urun exec has no --net: the command is in the container's network",
		"exec --slice a x id":    "urun exec has no --slice: the command is in the container's cgroup",
		"exec --uidmap a x id":   "urun exec has no --uidmap: the command has the container's ids",
		"exec --ulimit a x id":   "urun exec has no --ulimit: a further command has the container's own surroundings",
		"exec --rm x id":         "urun exec has no --rm: it is about a container's start and end",
		"exec --detach-keys x":   "urun exec has no --detach-keys: its terminal is yours",
		"exec -l id":             "urun exec has no -l: write the container's name",
		"exec --preserve-fds 3":  "urun exec has no --preserve-fds: no descriptor",
		"exec --quux x id":       "unknown flag --quux; urun help exec lists them",
		"rm --memory 1g x":       "urun rm has no flag --memory, which is one of urun run, urun update; urun help rm lists them",
		"--seccomp /etc":         `--seccomp took "/etc" for its value, and nothing is left for ROOTFS; write --seccomp PROFILE /etc`,
		"help run extra":         `an argument too many, "extra": write urun help [VERB|--FLAG]`,
	} {
		_, err := parse(strings.Fields(line))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %q, want one line with %q", line, err, want)
		}
	}
}

// A variable that is not set: urun --overlay "$dir" would write to ROOTFS.
func TestEmptyValuesAreRefused(t *testing.T) {
	for _, c := range []command{&runCmd{}, &unshareCmd{}} {
		for name, f := range fieldsOf(c.groups()) {
			if f.alone() || f.mayBeEmpty() {
				continue
			}
			for _, args := range [][]string{{name, ""}, {name + "="}} {
				out := fastRead(append(args, "x", "y"), c.groups())
				if want := name + ` "": the value is empty; write ` + name + " "; !strings.HasPrefix(out.wrong, want) {
					t.Errorf("%q: %q, want %q", args, out.wrong, want)
				}
				if strings.HasSuffix(out.wrong, " ") {
					t.Errorf("%q: does not say what to write", out.wrong)
				}
			}
		}
	}
}

func TestHelpIsAskedForBeforeTheRootfsOnly(t *testing.T) {
	help := func(words ...string) command { return &helpCmd{verb: words} }
	for line, want := range map[string]command{
		"-h": help(), "--help": help(), "-i -h": help(), "-ih": help(), "--help run": help(), "run --help": help("run"), "unshare -h": help("unshare"),
		"version --help": help("version"), "-i --version": &versionCmd{line: true}, "--version": &versionCmd{line: true},
	} {
		if c, err := parse(strings.Fields(line)); err != nil || !reflect.DeepEqual(c, want) {
			t.Errorf("%q: %+v, %v, want %+v", line, c, err, want)
		}
	}
	for _, line := range []string{"./r -h", "./r --help", "./r --version", "unshare ls --help"} {
		c, err := parse(strings.Fields(line))
		if _, help := c.(*helpCmd); err != nil || help {
			t.Errorf("%q: %T, %v", line, c, err)
		}
	}
}

func TestVerbs(t *testing.T) {
	for line, want := range map[string]command{
		"version": &versionCmd{}, "--version": &versionCmd{}, "help": &helpCmd{}, "help run": &helpCmd{},
		"unshare ls": &unshareCmd{}, "run x": &runCmd{}, "x": &runCmd{},
	} {
		c, err := parse(strings.Fields(line))
		if err != nil || reflect.TypeOf(c) != reflect.TypeOf(want) {
			t.Errorf("%q: %T, %v, want %T", line, c, err, want)
		}
	}
	c, err := parse(strings.Fields("unshare --userns single tar -x"))
	if err != nil {
		t.Fatal(err)
	}
	if u := c.(*unshareCmd); u.Userns != "single" || !slices.Equal(u.Command, []string{"tar", "-x"}) {
		t.Errorf("got %+v", u)
	}
}

// A group that groups() leaves out would have flags that help lists and no one reads.
func TestEveryEmbeddedStructIsAGroup(t *testing.T) {
	for _, v := range verbs() {
		c := v.make()
		want := map[reflect.Type]bool{}
		for i, typ := 0, reflect.TypeOf(c).Elem(); i < typ.NumField(); i++ {
			if f := typ.Field(i); f.Anonymous {
				want[f.Type] = true
			}
		}
		for _, group := range c.groups() {
			delete(want, reflect.TypeOf(group).Elem())
		}
		if len(want) > 0 {
			t.Errorf("%s: groups() lacks %v", v.name, want)
		}
	}
}

func TestNoFlagIsCalledUnsupported(t *testing.T) {
	for _, group := range (&runCmd{}).groups() {
		fields := fieldsOf([]any{group})
		for name := range fields {
			if why, ok := ocispec.Unsupported(name); ok {
				t.Errorf("%s is there, and also unsupported: %s", name, why)
			}
		}
	}
}

// kongRead does what fastRead does.
func kongRead(args []string, groups []any) (rest []string, err error) {
	grammar := struct {
		kong.Plugins
		Rest []string `arg:"" optional:"" passthrough:"partial" sep:"none"`
	}{Plugins: groups}
	notEmpty := kong.MapperFunc(func(ctx *kong.DecodeContext, to reflect.Value) error {
		var s string
		if err := ctx.Scan.PopValueInto("string", &s); err != nil {
			return err
		}
		if s == "" && ctx.Value.Flag != nil {
			return errors.New("the value is empty")
		}
		to.SetString(s)
		return nil
	})
	k, err := kong.New(&grammar, kong.NoDefaultHelp(), kong.KindMapper(reflect.String, notEmpty))
	if err != nil {
		return nil, err
	}
	if _, err = k.Parse(args); err != nil {
		return nil, err
	}
	if len(grammar.Rest) > 0 && grammar.Rest[0] == "--" {
		return grammar.Rest[1:], nil
	}
	return grammar.Rest, nil
}

var shortWithEquals = regexp.MustCompile(`(^| )-[^- ][^ ]*=`)

// FuzzFastReadAgreesWithKong holds the fast reader to what the parser makes of the same line.
func FuzzFastReadAgreesWithKong(f *testing.F) {
	for _, line := range []string{
		"-it ./r sh", "-v a:b ./r", "-va:b ./r", "-v=a ./r", "-v", "-itv a ./r", "--volume= ./r", "--volume= --volume=a ./r", "--volume a --volume=b ./r --",
		"--no-init=false ./r", "-- ./r", "-i -- -x", "--no-tty -t ./r", "--explain ./r", "--explain=json", "-i=true ./r", "--tty ./r",
		"-", "--", "-i - x", "--=x", "-é ./r", "--env  ./r", "-u  ./r", "--read-only", "--userns= x", "-qi ./r -q", "-ti--env", "-e -- ./r", "-e - ./r",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		// Known differences: kong changes what is not UTF-8, and takes the = of -v=x into the value.
		// Long lines tell nothing new, and take kong a time that grows with their square.
		if len(line) > 100 || !utf8.ValidString(line) || shortWithEquals.MatchString(line) {
			return
		}
		args := strings.Split(line, " ")
		fast, slow := &runCmd{}, &runCmd{}
		out := fastRead(args, fast.groups())
		rest, err := kongRead(args, slow.groups())
		if (err != nil) != (out.problem != problem{}) {
			t.Fatalf("%q: %+v, kong: %v", args, out.problem, err)
		}
		if err != nil {
			return
		}
		if !slices.Equal(out.rest, rest) {
			t.Errorf("%q: rest %q, kong %q", args, out.rest, rest)
		}
		if !reflect.DeepEqual(normal(fast), normal(slow)) {
			t.Errorf("%q:\nfast %+v\nkong %+v", args, fast, slow)
		}
	})
}

// normal makes empty and missing lists the same.
func normal(c *runCmd) runCmd {
	n := *c
	for _, group := range n.groups() {
		fields := fieldsOf([]any{group})
		for _, f := range fields {
			if f.value.Kind() == reflect.Slice && f.value.Len() == 0 {
				f.value.SetZero()
			}
		}
	}
	if len(n.Command) == 0 {
		n.Command = nil
	}
	return n
}
