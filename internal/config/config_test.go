package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

func TestSettings(t *testing.T) {
	got, err := Parse("f", []byte("# defaults\r\n[run] # a verb\nmemory = \"2g\"\n\"pids-limit\" = 200\ncpus=1.5\nread-only = true\ninit = false\nvolume = [\n  '/a:/b', # one\n  \"/c:\\u0041\",\n]\ndeny = []\n\n[ps]\nformat = '''a\nb'''"))
	want := []Setting{
		{"run", "memory", Text, []string{"2g"}, 3}, {"run", "pids-limit", Number, []string{"200"}, 4}, {"run", "cpus", Number, []string{"1.5"}, 5},
		{"run", "read-only", Truth, []string{"true"}, 6}, {"run", "init", Truth, []string{"false"}, 7}, {"run", "volume", List, []string{"/a:/b", "/c:A"}, 8},
		{"run", "deny", List, []string{}, 12}, {"ps", "format", Text, []string{"a\nb"}, 15},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v, %v\nwant %v", got, err, want)
	}
	for _, empty := range []string{"", "\n\n", "# nothing", "[run]\n"} {
		if got, err := Parse("f", []byte(empty)); err != nil || len(got) > 0 {
			t.Errorf("%q: %v, %v", empty, got, err)
		}
	}
}

func TestWhatIsWrongHasALine(t *testing.T) {
	for text, want := range map[string]string{
		"memory = 1":                        "f:1: the key memory is in no section",
		"[run]\nmemory = 1\nmemory = 2":     "f:3: memory is there twice, first in line 2",
		"[run]\n[ps]\n[run]":                "f:3: run is there twice, first in line 1",
		"[run]\nmemory 1":                   "f:2: ",
		"[run]\n\nmemory = \"1":             "f:3: ",
		"[run":                              "f:1: ",
		"[run]\nvolume = [\n\"a\",\n":       "f:",
		"[[run]]":                           "f:1: write [run] with one pair",
		"[run.x]":                           "f:1: a section is a verb and has no dot: [run.x]",
		"[run]\na.b = 1":                    "f:2: a key has no dot: a.b",
		"[run]\na = {b = 1}":                "f:2: a: a value is",
		"[run]\na = 2026-11-26":             "f:2: a: a value is",
		"[run]\na = [1, 2]":                 "f:2: a: a list is of texts",
		"[run]\na = [[\"x\"]]":              "f:2: a: a list is of texts",
		"[run]\na = \"\\u0000\"":            "f:2: a: the value has a NUL",
		"[run]\n\"\" = 1":                   "f:2: the name is empty",
		"[run]\n# \xff\n":                   "f:2: this is not UTF-8",
		"[run]\n\"\\u001b[2J\".x = 1":       `f:2: a key has no dot: "\x1b[2J.x"`,
		"[run]\n\"\\u001b\" = {}":           `f:2: "\x1b": a value is`,
		"run = {memory = \"1\"}\n[run]\n":   "f:1: the key run is in no section",
		strings.Repeat("[", 3000) + "x = 1": "f:1: ",
	} {
		_, err := Parse("f", []byte(text))
		var e *Error
		if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestWhoMayWriteIt(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config.toml")
	for _, mode := range []fs.FileMode{0o600, 0o644, 0o400, 0o664, 0o666, 0o602} {
		if err := os.WriteFile(file, []byte("[run]\nmemory = \"1g\"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		list, err := Read(file)
		if unsafe := mode&0o022 != 0; unsafe != (err != nil) || unsafe && !strings.Contains(err.Error(), file+": others may write it") || !unsafe && len(list) != 1 {
			t.Errorf("%o: %v, %v", mode, list, err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	const regular = syscall.S_IFREG | 0o644
	for _, tt := range []struct {
		mode       uint32
		owner, uid int
		want       string
	}{
		{regular, 1000, 1000, ""}, {regular, 0, 1000, ""}, {regular, 1001, 1000, "it belongs to uid 1001, and you are 1000"}, {regular, 1000, 0, "it belongs to uid 1000, and you are 0"},
		{syscall.S_IFIFO | 0o600, 0, 0, "no regular file"}, {syscall.S_IFCHR | 0o666, 0, 0, "no regular file"}, {regular | 0o002, 0, 0, "others may write"},
	} {
		if got := judge(tt.mode, tt.owner, tt.uid); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%o of %d for %d: %q", tt.mode, tt.owner, tt.uid, got)
		}
	}
}

func TestFilesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, name)
	}
	for _, file := range []string{dir + "/absent", dir + "/absent/config.toml", write("file", "") + "/config.toml"} {
		if _, err := Read(file); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", file, err)
		}
	}
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		dir: "no regular file", fifo: "no regular file", "/dev/null": "no regular file",
		write("long", strings.Repeat("#\n", most)): "no file of defaults", write("odd", "[run]\nx"): "odd:2: ",
	} {
		if _, err := Read(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", file, err)
		}
	}
	link := filepath.Join(dir, "link") // as those have it who keep their files in a repository
	if err := os.Symlink(write("own", "[run]\nmemory = \"1g\"\n"), link); err != nil {
		t.Fatal(err)
	}
	if list, err := Read(link); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}
