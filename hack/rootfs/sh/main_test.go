package main

import (
	"reflect"
	"testing"
)

func TestParseReadsTheCommandLineAsPOSIXDoes(t *testing.T) {
	command := "echo $1"
	for name, tc := range map[string]struct {
		argv []string
		want invocation
	}{
		"nothing":              {[]string{"sh"}, invocation{name: "sh"}},
		"a login shell":        {[]string{"-sh"}, invocation{name: "-sh"}},
		"a command":            {[]string{"sh", "-c", command}, invocation{name: "sh", command: &command}},
		"flags in one word":    {[]string{"sh", "-ec", command, "x", "-y"}, invocation{name: "x", options: []string{"-e"}, command: &command, args: []string{"-y"}}},
		"a script and its own": {[]string{"sh", "-x", "f", "-c"}, invocation{name: "f", options: []string{"-x"}, args: []string{"-c"}}},
		"a named option":       {[]string{"sh", "-o", "pipefail", "f"}, invocation{name: "f", options: []string{"-o", "pipefail"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parse(tc.argv)
			if err != nil {
				t.Fatal(err)
			}
			got.args, tc.want.args = append([]string{}, got.args...), append([]string{}, tc.want.args...)
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("parse(%q) = %+v, want %+v", tc.argv, got, tc.want)
			}
		})
	}
}

func TestParseRefusesAMissingOperand(t *testing.T) {
	for _, flag := range []string{"-c", "-o"} {
		if _, err := parse([]string{"sh", flag}); err == nil {
			t.Errorf("sh %s: no error", flag)
		}
	}
}
