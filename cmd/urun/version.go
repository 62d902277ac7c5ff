package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/urun-project/urun/internal/container"
	"github.com/urun-project/urun/internal/ocispec"
)

// The build stamps these: -ldflags "-X main.version=… -X main.commit=… -X main.date=…". The date is the commit's, so that a
// second build of it is the same file.
var (
	version = ""
	commit  = ""
	date    = ""
)

// build is what urun version tells.
type build struct {
	Version  string   `json:"version"`
	Commit   string   `json:"commit,omitempty"` // of the sources; of a build that is not stamped only where Go knows it
	Date     string   `json:"date,omitempty"`   // of the commit
	Modified bool     `json:"modified,omitempty"`
	Go       string   `json:"go"`
	OS       string   `json:"os"`
	Arch     string   `json:"arch"`
	Features features `json:"features"`
}

type features struct {
	OldestKernel string `json:"oldest_kernel"`
	RuntimeSpec  string `json:"oci_runtime_spec"`
}

// thisBuild takes from Go's own stamps what the linker was told nothing of: go install knows a version, go build a commit.
func thisBuild(info *debug.BuildInfo) build {
	b := build{
		Version: version, Commit: commit, Date: date, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		Features: features{OldestKernel: container.OldestKernel, RuntimeSpec: ocispec.SpecVersion},
	}
	if info != nil && b.Version == "" {
		if strings.HasPrefix(info.Main.Version, "v") {
			b.Version = info.Main.Version
		}
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = s.Value
			case "vcs.time":
				b.Date = s.Value
			case "vcs.modified":
				b.Modified = s.Value == "true"
			}
		}
	}
	if b.Version == "" {
		b.Version = "unreleased"
	}
	return b
}

func (b build) line() string {
	return "urun " + b.Version + " " + b.OS + "/" + b.Arch + " " + b.Go + "\n"
}

func (b build) text() string {
	var out strings.Builder
	out.WriteString(b.line())
	from := b.Commit
	if b.Modified {
		from += ", with changes"
	}
	for _, row := range [][2]string{{"commit", from}, {"of", b.Date}, {"oldest kernel", "Linux " + b.Features.OldestKernel}, {"OCI runtime spec", b.Features.RuntimeSpec}} {
		if row[1] != "" {
			columns(&out, row[0], row[1], 20)
		}
	}
	return out.String()
}

func (c *versionCmd) run() (status int, err error) {
	info, _ := debug.ReadBuildInfo()
	b := thisBuild(info)
	switch {
	case c.line:
		return 0, printText(b.line())
	case c.JSON:
		return 0, printJSON(b)
	}
	return 0, printText(b.text())
}

func (c *helpCmd) run() (status int, err error) {
	text, err := helpFor(c.verb)
	if err != nil {
		return 0, err
	}
	_, err = os.Stdout.WriteString(text)
	return 0, err
}
