package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// std is the standard library, which is a module to package URLs.
const std = "std"

// module is a part of a program.
type module struct {
	path, version, sum string
	texts              []text
}

// text is a file with a license, or with a notice that a license asks to be passed on.
type text struct{ name, body string }

// directories are where the sources of modules are, and Go's own.
func directories() (map[string]string, error) {
	dirs := map[string]string{}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("find Go: %w", err)
	}
	dirs[std] = strings.TrimSpace(string(root))
	out, err := exec.Command("go", "list", "-m", "-json", "all").Output()
	if err != nil {
		return nil, fmt.Errorf("list modules: %w", err)
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var m struct{ Path, Dir string }
		if err := d.Decode(&m); errors.Is(err, io.EOF) {
			return dirs, nil
		} else if err != nil {
			return nil, fmt.Errorf("list modules: %w", err)
		}
		dirs[m.Path] = m.Dir
	}
}

// licenseFiles are those at the top of a module. There must be one: nobody may pass on what has none.
func licenseFiles(dir string) (texts []text, err error) {
	if dir == "" {
		return nil, errors.New("its sources are not in the cache of modules")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.IsDir() || !named.MatchString(e.Name()) {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		texts = append(texts, text{e.Name(), string(b)})
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("%s has none", dir)
	}
	return texts, nil
}

var named = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([-.].*)?$`)

// phrases are what a license's text has and no other's, in lower case with single spaces. BSD's are told apart below.
var phrases = []struct{ id, phrase string }{
	{"Apache-2.0", "apache license version 2.0"},
	{"MPL-2.0", "mozilla public license version 2.0"},
	{"MIT", "permission is hereby granted, free of charge, to any person obtaining a copy"},
	{"ISC", "permission to use, copy, modify, and/or distribute this software for any purpose"},
}

// licenses are the SPDX names of what a module's files contain, in order.
func licenses(texts []text) (ids []string) {
	for _, t := range texts {
		body := strings.ToLower(strings.Join(strings.FieldsFunc(t.body, func(c rune) bool {
			return c == ' ' || c == '\n' || c == '\r' || c == '\t'
		}), " "))
		body = strings.ReplaceAll(body, "license, version", "license version")
		for _, p := range phrases {
			if strings.Contains(body, p.phrase) {
				ids = append(ids, p.id)
			}
		}
		if strings.Contains(body, "redistribution and use in source and binary forms") {
			if strings.Contains(body, "endorse or promote") {
				ids = append(ids, "BSD-3-Clause")
			} else {
				ids = append(ids, "BSD-2-Clause")
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// all is every text, under its module's name.
func all(mods []module) []byte {
	var b bytes.Buffer
	b.WriteString("urun contains these Go modules and Go's standard library (std). Their licenses:\n")
	for _, m := range mods {
		for _, t := range m.texts {
			fmt.Fprintf(&b, "\n%s\n%s %s: %s\n\n%s\n", strings.Repeat("=", 80), m.path, m.version, t.name, strings.TrimRight(t.body, "\n"))
		}
	}
	return b.Bytes()
}
