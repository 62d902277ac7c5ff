package logfile

import (
	"strings"
	"testing"
)

func TestOptionsAreRead(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Options
	}{
		{"", Options{20 << 20, 5}},
		{"max-size=10m", Options{10 << 20, 5}},
		{"max-file=3", Options{20 << 20, 3}},
		{"max-size=-1 max-file=1", Options{0, 1}},
		{"max-size=4096", Options{4096, 5}},
		{"max-size=4K", Options{4096, 5}},
		{"max-size=1G", Options{1 << 30, 5}},
		{"max-size=5000b", Options{5000, 5}},
		{"max-size=8kb", Options{8192, 5}},
		{"max-size=10m max-file=2 max-size=1MiB max-file=1000", Options{1 << 20, 1000}},
	} {
		if o, err := ParseOptions(strings.Fields(c.in)); err != nil || o != c.want {
			t.Errorf("%q is %+v, %v", c.in, o, err)
		}
	}
}

func TestBadOptionsAreExplained(t *testing.T) {
	for in, want := range map[string]string{
		"tag=x":                "--log-opt tag=x: there is max-size and max-file",
		"":                     `--log-opt "": there is max-size and max-file`,
		"a\x1b\n":              `--log-opt "a\x1b\n": there is max-size and max-file`,
		"max-size":             "--log-opt max-size: write a size such as 10m, or -1 for no limit",
		"max-size=":            "--log-opt max-size=: write a size such as 10m, or -1 for no limit",
		"max-size=0":           "--log-opt max-size=0: write a size such as 10m, or -1 for no limit",
		"max-size=10x":         "--log-opt max-size=10x: write a size such as 10m, or -1 for no limit",
		"max-size=-2":          "--log-opt max-size=-2: write a size such as 10m, or -1 for no limit",
		"max-size=9999999999g": "--log-opt max-size=9999999999g: write a size such as 10m, or -1 for no limit",
		"max-size=4095":        "--log-opt max-size=4095: the least is 4k; -1 is no limit",
		"max-file=0":           "--log-opt max-file=0: write a number from 1 to 1000",
		"max-file=-1":          "--log-opt max-file=-1: write a number from 1 to 1000",
		"max-file=1001":        "--log-opt max-file=1001: write a number from 1 to 1000",
		"max-file=x":           "--log-opt max-file=x: write a number from 1 to 1000",
	} {
		if o, err := ParseOptions([]string{in}); err == nil || err.Error() != want {
			t.Errorf("%q is %+v, %v", in, o, err)
		}
	}
}
