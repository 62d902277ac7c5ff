package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// completions are what each shell offers for the last word of a line, in a directory with the directories "my rootfs" and "plain"
// and the file "a file", where the container web runs and old has ended. "..." stands for more.
var completions = []completion{
	{"st", "stats|stop"},
	{"pl", "plain"},
	{"p", "pause|plain|port|prune|ps|pull|push"},
	{"al", "alpine:latest"},
	{"run al", "alpine:latest"},
	{"alpine:l", "alpine:latest"},
	{"rmi ", "alpine:latest|mine:1"},
	{"tag mi", "mine:1"},
	{"untag mine:1 m", "mine:1"},
	{"save -o x m", "mine:1"},
	{"pull oci-", "oci-archive:"},
	{"pull d", "docker-archive:|docker://"},
	{"push mine:1 oci", "oci-archive:|oci:"},
	{"push -q m", "mine:1"},
	{"history m", "mine:1"},
	{"inspect ", "1234|5678|alpine:latest|mine:1|old|web"},
	{"save --format oci-", "oci-archive|oci-dir"},
	{"images -f dang", "dangling=false|dangling=true"},
	{"images --sort s", "size"},
	{"--pull n", "never|newer"},
	{"pull --policy al", "always"},
	{"--platform linux/arm6", "linux/arm64"},
	{"--authfile a", "a file"},
	{"my", "my rootfs"},
	{"--det", "--detach"},
	{"--read", "--read-only"},
	{"run --cap-d", "--cap-drop"},
	{"stop --t", "--time|--timeout"},
	{"stop w", "web"},
	{"stop ", "1234|web"},
	{"stop web ", "1234|web"},
	{"rm ", "1234|5678|old|web"},
	{"logs o", "old"},
	{"logs --ta", "--tail"},
	{"exec --workd", "--workdir"},
	{"exec -u web we", "web"}, // the first word is the flag's
	{"exec w", "web"},
	{"ps --fo", "--format"},
	{"-v a: --read-", "--read-only"},
	{"-itm 1g --read-", "--read-only"},
	{"-ve --read-", "--read-only"}, // e is the value of -v
	{"./rootfs a", "a file"},
	{"./rootfs -x a", "a file"},
	{"-- pl", "plain"},
	{"-- -x a", "a file"},
	{"version --j", "--json"},
	{"version --h", "--help"},
	{"--net h", "host"},
	{"--net=h", "host"},
	{"--network s", "slirp4netns"},
	{"--net container:", "container:web"},
	{"run --net container:w", "container:web"},
	{"--userns ", "auto|keep-id|single"},
	{"--pid h", "host"},
	{"unshare --userns s", "single"},
	{"--cap-add NET_", "NET_ADMIN|NET_BIND_SERVICE|NET_BROADCAST|NET_RAW"},
	{"--cap-drop A", "ALL|AUDIT_CONTROL|AUDIT_READ|AUDIT_WRITE"},
	{"--seccomp ", "a file|default|my rootfs|plain|unconfined"},
	{"--seccomp=un", "unconfined"},
	{"--security-opt s", "seccomp=default|seccomp=unconfined"},
	{"--cgroup s", "systemd"},
	{"--explain=", "json|text"},
	{"kill -s TE", "TERM"},
	{"kill --signal ST", "STKFLT|STOP"},
	{"--stop-signal QU", "QUIT"},
	{"-v a", "a file"},
	{"-v /x:a", ""},
	{"--overlay ", "my rootfs|plain"},
	{"--env-file a", "a file"},
	{"--ulimit nof", "nofile="},
	{"ps -f st", "status=exited|status=paused|status=running|status=starting"},
	{"ps -f status=e", "status=exited"},
	{"--log-driver ", "k8s-file|none"},
	{"--config n", "none"},
	{"-e URUN_TEST_V", "URUN_TEST_VARIABLE"},
	{"top web pc", "pcpu"},
	{"top web pid h", "hgroup|hpid|huser"},
	{"completion ", "bash|fish|zsh"},
	{"help unp", "unpause"},
	{"unshare urun-test-c", "urun-test-command"},
	{"unshare --ne", "--net"},
	{"wait ", "1234|5678|old|web"},
	{"port w", "web"},
	{"pause -", "--help|..."},
}

type completion struct{ line, want string }

// notOffered are lines after which a flag would not be urun's any more.
var notOffered = []string{"./rootfs --read", "exec web --det", "-- --read", "stop web --t"}

// place makes that directory and the environment.
func place(t *testing.T) (dir string, env []string) {
	t.Helper()
	dir = t.TempDir()
	bin := t.TempDir()
	for _, name := range []string{"my rootfs", "plain"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		dir + "/a file": "", bin + "/urun-test-command": "",
		bin + "/urun": "#!/bin/sh\ncase \"$*\" in images*) echo alpine:latest; echo mine:1;; *container:*) echo container:web;; *'{{.Names}}') echo web;; *--all*) echo web 1234; echo old 5678;; *) echo web 1234;; esac\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir, []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "URUN_TEST_VARIABLE=x", "HOME=" + dir, "TERM=dumb", "LC_ALL=C"}
}

// shellScript is what urun completion prints, in a file.
func shellScript(t *testing.T, shell string) string {
	t.Helper()
	text, err := printed(t, func() error { return call("completion " + shell) })
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "completion."+shell)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// offered compares what a shell offers with what it should.
func offered(t *testing.T, line string, got []string, want string) {
	t.Helper()
	var list []string
	last := line[strings.LastIndex(line, " ")+1:]
	for _, word := range got {
		if word = strings.ReplaceAll(word, `\ `, " "); !strings.HasSuffix(word, "://") {
			word = strings.TrimSuffix(word, "/")
		}
		if word == "" || word == last {
			continue
		}
		if _, value, ok := strings.Cut(word, "="); ok && (strings.HasPrefix(word, "-") || word == "URUN_TEST_VARIABLE=") {
			word = value // fish gives the whole word
			if value == "" {
				word = strings.TrimSuffix(strings.TrimSuffix(got[0], "/"), "=")
			}
		}
		for _, prefix := range []string{"container:", "status=", "alpine:"} { // bash gives what is behind the last colon or =
			if _, has := strings.CutPrefix("|"+want, "|"+prefix); has && strings.ContainsAny(last, "=:") && !strings.Contains(word, prefix) {
				word = prefix + word
			}
		}
		list = append(list, word)
	}
	slices.Sort(list)
	have := strings.Join(slices.Compact(list), "|")
	if begin, more := strings.CutSuffix(want, "..."); more && strings.Contains(have, strings.TrimSuffix(begin, "|")) {
		return
	}
	if have != want {
		t.Errorf("%q: got %s, want %s", line, have, want)
	}
}

var wordBreaks = regexp.MustCompile(`[=:]+|[^=:]+`)

// bashWords splits as bash does: = and : are words of their own.
func bashWords(line string) (words []string) {
	for _, word := range strings.Split(line, " ") {
		parts := wordBreaks.FindAllString(word, -1)
		if parts == nil {
			parts = []string{""}
		}
		words = append(words, parts...)
	}
	return words
}

func TestBashCompletes(t *testing.T) {
	testenv.Need(t, "bash")
	script := shellScript(t, "bash")
	if out, err := exec.Command("bash", "-n", script).CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v\n%s", err, out)
	}
	dir, env := place(t)
	ask := func(line string) []string {
		t.Helper()
		words := bashWords(line)
		c := exec.Command("bash", "--norc", "-c", `. "$0"; COMP_CWORD=`+strconv.Itoa(len(words))+`; COMP_WORDS=("$@"); _urun; printf '%s\n' "${COMPREPLY[@]}"`, script, "urun")
		c.Args = append(c.Args, words...)
		c.Dir, c.Env = dir, append(env, "COMP_LINE=urun "+line)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%q: %v\n%s", line, err, out)
		}
		return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	}
	for _, tt := range completions {
		offered(t, tt.line, ask(tt.line), tt.want)
	}
	for _, line := range notOffered {
		for _, word := range ask(line) {
			if strings.HasPrefix(word, "--") {
				t.Errorf("%q: %s", line, word)
			}
		}
	}
}

func TestFishCompletes(t *testing.T) {
	testenv.Need(t, "fish")
	script := shellScript(t, "fish")
	dir, env := place(t)
	ask := func(line string) (words []string) {
		t.Helper()
		c := exec.Command("fish", "--no-config", "-c", `source $argv[1]; complete -C "urun $argv[2]"`, script, line)
		c.Dir, c.Env = dir, env
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%q: %v\n%s", line, err, out)
		}
		for line := range strings.Lines(string(out)) {
			word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			words = append(words, word)
		}
		return words
	}
	for _, tt := range completions {
		if tt.line == "-v /x:a" || tt.line == "--explain=" {
			continue // fish offers files behind every : and = by itself
		}
		offered(t, tt.line, ask(tt.line), tt.want)
	}
	for _, line := range notOffered {
		for _, word := range ask(line) {
			if strings.HasPrefix(word, "--") {
				t.Errorf("%q: %s", line, word)
			}
		}
	}
}

// Every verb and every flag is in each script, with what it means where the shell shows that.
func TestCompletionNamesEveryVerbAndFlag(t *testing.T) {
	model, err := completionModel()
	if err != nil {
		t.Fatal(err)
	}
	bash, zsh, fish := bashCompletion(model), zshCompletion(model), fishCompletion(model)
	for _, c := range model {
		_, bashFlags, ok := strings.Cut(bash, "\n\t"+c.name+") flags='")
		_, zshFlags, ok2 := strings.Cut(zsh, "\n  "+c.name+")\n")
		bashFlags, _, _ = strings.Cut(bashFlags, "'")
		zshFlags, _, _ = strings.Cut(zshFlags, ";;")
		if !ok || !ok2 || !strings.Contains(fish, "-n __urun_first -a "+c.name+" -d ") {
			t.Errorf("there is no %s", c.name)
		}
		for name, f := range fieldsOf(c.groups(c.make(), &commonFlags{})) {
			word := "-l " + strings.TrimPrefix(name, "--") + " "
			if !strings.HasPrefix(name, "--") {
				word = "-s " + name[1:] + " "
			}
			if !slices.Contains(strings.Fields(bashFlags), name) || !strings.Contains(zshFlags, name) || !strings.Contains(fish, "'__urun_at "+c.name+"' "+word) {
				t.Errorf("%s lacks %s", c.name, name)
			}
			if says := inShort(f.tag.Get("help")); len(says) > 90 || !strings.Contains(fish, single(says)) {
				t.Errorf("%s %s: %q", c.name, name, says)
			}
		}
	}
	for line, want := range map[string]string{"completion tcsh": "there is bash, zsh and fish", "completion bash zsh": "bash, zsh or fish", "completion bsh": "did you mean bash or zsh"} {
		if err := call(line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", line, err)
		}
	}
}
