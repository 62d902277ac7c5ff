package config

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// What is read is what TOML says, with the line where it stands; what is refused has a line, and a message that no terminal obeys.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"[run]\nmemory = \"2g\"\nread-only = true\nvolume = ['/a:/b']\n[ps]\nall = true", "[run]\nx = 0x1F\ny = 1_000\nz = -inf\n", "a = 1", "[run]\na.b = 1", "[[run]]", "[run]\na = {b=1}", "[run]\na = [",
		"[run]\r\na = \"\"\"\r\nx\"\"\"\r\n", "[run]\na = '\xff'", "\ufeff[run]", "[\"run\"]\n'a' = 1979-05-27", "[run]\na = \"\\u0000\"", "[run]\n[run]", "[run]\na=1\na=2", "[run]\na = [['x'], []]", "# x", "[run]\n\"\\u001b\" = 1",
		"[run]\na = []#\n", "[ run ]\n a\t=\ttrue # x\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := Parse("f", []byte(s))
		lines := 1 + strings.Count(s, "\n")
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Line < 1 || e.Line > lines || strings.ContainsAny(err.Error(), "\n\r\x1b\x00") {
				t.Fatalf("%q: %q", s, err)
			}
			return
		}
		var want map[string]map[string]any
		if err := toml.Unmarshal([]byte(s), &want); err != nil {
			return // the grammar is looked at here, not what numbers mean
		}
		n := 0
		for _, section := range want {
			n += len(section)
		}
		if n != len(list) {
			t.Fatalf("%q: %d settings, %v", s, n, list)
		}
		last := 0
		for _, set := range list {
			if set.Line <= last || set.Line > lines {
				t.Fatalf("%q: %v after line %d", s, set, last)
			}
			last = set.Line
			switch is := want[set.Section][set.Key].(type) {
			case string:
				if set.Kind != Text || set.Values[0] != is {
					t.Fatalf("%q: %v, want %q", s, set, is)
				}
			case bool:
				if set.Kind != Truth || (set.Values[0] == "true") != is {
					t.Fatalf("%q: %v, want %v", s, set, is)
				}
			case int64, float64:
				if set.Kind != Number {
					t.Fatalf("%q: %v, want %v", s, set, is)
				}
			case []any:
				if set.Kind != List || !slices.EqualFunc(is, set.Values, func(a any, b string) bool { return a == b }) {
					t.Fatalf("%q: %v, want %v", s, set, is)
				}
			default:
				t.Fatalf("%q: %v, want %T", s, set, is)
			}
		}
	})
}
