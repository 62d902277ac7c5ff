// Parts writes what the binaries of a release are made of: a CycloneDX 1.6 document with every Go module and Go itself,
// as the linker noted them in the binaries, and a file with the texts of their licenses. It runs where the binaries were
// built: the texts are read from Go's cache of modules.
//
// It finds a license by phrases of the text; a module whose text it does not know has none in the document.
package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "parts: "+err.Error())
		os.Exit(1)
	}
}

func run() error {
	version := flag.String("version", "", "the release's `VERSION`")
	arch := flag.String("arch", "", "the binaries' `GOARCH`")
	out := flag.String("o", "", "write the CycloneDX document to `FILE`")
	texts := flag.String("licenses", "", "write the licenses' texts to `FILE`")
	flag.Parse()
	epoch, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return fmt.Errorf("read SOURCE_DATE_EPOCH: %w", err)
	}
	if flag.NArg() == 0 {
		return errors.New("no binary is named")
	}
	var programs []program
	for _, file := range flag.Args() {
		p, err := read(file, *arch)
		if err != nil {
			return fmt.Errorf("read %s: %w", file, err)
		}
		programs = append(programs, p)
	}
	mods, err := modules(programs)
	if err != nil {
		return err
	}
	doc, err := json.MarshalIndent(document(*version, *arch, time.Unix(epoch, 0), programs, mods), "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(*out, append(doc, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(*texts, all(mods), 0o644)
}

// program is a binary and what the linker noted in it.
type program struct {
	name string
	sum  string // SHA-256
	deps []*debug.Module
}

func read(file, arch string) (program, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return program{}, err
	}
	info, err := buildinfo.Read(bytes.NewReader(b))
	if err != nil {
		return program{}, err
	}
	for _, s := range info.Settings {
		if s.Key == "GOARCH" && s.Value != arch {
			return program{}, fmt.Errorf("it is for %s, not for %s", s.Value, arch)
		}
	}
	deps := []*debug.Module{{Path: std, Version: info.GoVersion[len("go"):]}}
	for _, d := range info.Deps {
		if d.Replace != nil {
			d = d.Replace
		}
		deps = append(deps, d)
	}
	return program{filepath.Base(file), sha256sum(b), deps}, nil
}

// modules are those of all programs, in order, each once, with what their licenses say.
func modules(programs []program) ([]module, error) {
	dirs, err := directories()
	if err != nil {
		return nil, err
	}
	var list []module
	for _, p := range programs {
		for _, d := range p.deps {
			if slices.ContainsFunc(list, func(m module) bool { return m.path == d.Path }) {
				continue
			}
			m := module{path: d.Path, version: d.Version, sum: d.Sum}
			if m.texts, err = licenseFiles(dirs[d.Path]); err != nil {
				return nil, fmt.Errorf("find the license of %s: %w", d.Path, err)
			}
			list = append(list, m)
		}
	}
	slices.SortFunc(list, func(a, b module) int { return bytes.Compare([]byte(a.path), []byte(b.path)) })
	return list, nil
}
