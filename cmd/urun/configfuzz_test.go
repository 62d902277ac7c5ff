package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/config"
)

// What a file says is what the same flags say on the command line; or it is refused in a line that names file and line.
func FuzzDefaults(f *testing.F) {
	for _, s := range []string{
		"[run]\nmemory = \"2g\"\nread-only = true\ninit = false\nvolume = ['/a:/b', \"x\"]\npids-limit = 5\ncpus = 1.5", "[run]\nname = \"x\"", "[rm]\nall = true", "[ps]\nall = true\nlast = -1\nfilter = []", "[run]\nnetwork = \"none\"",
		"[run]\nnet = 'a'\nnetwork = 'b'", "[run]\nno-init = true", "[update]\nmemory = '1g'", "[version]\njson = true", "[quux]\na = 1", "[run]\n\"mem\\nory\" = 1", "[exec]\ntty = false\nenv = ['A=b']\ntiming = true", "[run]\nmemory = ''",
		"[stop]\ntimeout = 3\nsignal = \"\\u001b\"", "[attach]\nsig-proxy = false", "[run]\nv = ['x']", "[run]\n-v = ['x']", "[run]\n\"=\" = 1",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := config.Parse("f", []byte(text))
		if err != nil {
			return // internal/config's own
		}
		if err := checkSettings("f", list); err != nil {
			if s := err.Error(); !strings.HasPrefix(s, "f:") || strings.ContainsAny(s, "\n\r\x1b\x00") {
				t.Fatalf("%q: %q", text, s)
			}
			return
		}
		for _, v := range verbs() {
			file, line := v.make(), v.make()
			if err := applySettings("f", list, v, fieldsOf(file.groups())); err != nil {
				t.Fatalf("%q: %v, which was not found before", text, err)
			}
			var args []string
			for _, s := range list {
				if s.Section != v.name {
					continue
				}
				for _, value := range s.Values {
					args = append(args, "--"+s.Key+"="+value)
				}
				if f := fieldsOf(line.groups())["--"+s.Key]; f.tag.Get("placeholder") != "" && s.Kind == config.Truth { // a value that may be left out
					args = args[:len(args)-1]
					if s.Values[0] == "true" {
						args = append(args, "--"+s.Key)
					}
				}
			}
			if out := fastRead(append(args, "x"), line.groups()); out.problem != (problem{}) || !reflect.DeepEqual(file, line) {
				t.Fatalf("%q: %s is\n%+v, and by the flags %q\n%+v, %+v", text, v.name, file, args, line, out.problem)
			}
		}
	})
}
