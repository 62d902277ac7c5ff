package main

import (
	"encoding/json"
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	stamps := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "4003acf"}, {Key: "vcs.time", Value: "2026-11-26T16:29:26Z"}, {Key: "vcs.modified", Value: "true"}}}
	for _, tt := range []struct {
		info *debug.BuildInfo
		want string
	}{
		{nil, "unreleased||"}, {&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "unreleased||"}, {stamps, "v1.2.3|4003acf|2026-11-26T16:29:26Z"},
	} {
		b := thisBuild(tt.info)
		if got := b.Version + "|" + b.Commit + "|" + b.Date; got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
		// Programs read the first line of both.
		if line, rest, _ := strings.Cut(b.text(), "\n"); line+"\n" != b.line() || !strings.Contains(rest, "5.12") || b.Modified && !strings.Contains(rest, "4003acf, with changes") {
			t.Errorf("%q", b.text())
		}
	}
	for line, want := range map[string]int{"--version": 1, "version": 3} {
		out, err := printed(t, func() error { return call(line) })
		if n := strings.Count(out, "\n"); err != nil || n < want || want == 1 && n != 1 || !strings.HasPrefix(out, "urun unreleased linux/") {
			t.Errorf("%s: %q, %v", line, out, err)
		}
	}
	out, err := printed(t, func() error { return call("version --json") })
	var b struct {
		Version, Go, OS, Arch string
		Features              map[string]string
	}
	if err == nil {
		err = json.Unmarshal([]byte(out), &b)
	}
	if err != nil || b.Version != "unreleased" || b.OS != "linux" || b.Arch == "" || !strings.HasPrefix(b.Go, "go1.") || b.Features["oldest_kernel"] != "5.12" || b.Features["oci_runtime_spec"] == "" {
		t.Errorf("%+v, %v, %s", b, err, out)
	}
}

// call runs urun's verb in this process.
func call(line string) error {
	c, err := parse(strings.Fields(line))
	if err == nil {
		_, err = c.run()
	}
	return err
}
