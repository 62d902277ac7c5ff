package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestALicenseIsFoundByItsPhrases(t *testing.T) {
	const bsd = "Redistribution and use in source and binary\n  forms, with or without modification, are permitted"
	for _, c := range []struct {
		texts []string
		want  string
	}{
		{[]string{"Apache License\n   Version 2.0, January 2004"}, "Apache-2.0"},
		{[]string{"licensed under the Apache License, Version 2.0"}, "Apache-2.0"},
		{[]string{"Permission is hereby granted, free of charge, to any person\nobtaining a copy of this"}, "MIT"},
		{[]string{"Mozilla Public License Version 2.0\n==="}, "MPL-2.0"},
		{[]string{"Permission to use, copy, modify, and/or distribute this software for any\npurpose"}, "ISC"},
		{[]string{bsd}, "BSD-2-Clause"},
		{[]string{bsd + " ... may be used to\nendorse or promote products"}, "BSD-3-Clause"},
		{[]string{bsd, "Apache License\nVersion 2.0", bsd}, "Apache-2.0,BSD-2-Clause"},
		{[]string{"All rights reserved."}, ""},
	} {
		var texts []text
		for _, body := range c.texts {
			texts = append(texts, text{"LICENSE", body})
		}
		if got := strings.Join(licenses(texts), ","); got != c.want {
			t.Errorf("%q is %q, want %q", c.texts, got, c.want)
		}
	}
}

func TestEveryFileOfALicenseIsPassedOn(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"LICENSE", "LICENSE.txt", "License-MIT", "NOTICE", "COPYING.md", "PATENTS", "licensed.go", "README"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	texts, err := licenseFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, x := range texts {
		names = append(names, x.name)
	}
	if want := []string{"COPYING.md", "LICENSE", "LICENSE.txt", "License-MIT", "NOTICE", "PATENTS"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
	if _, err := licenseFiles(t.TempDir()); err == nil {
		t.Error("a module without a license")
	}
	if _, err := licenseFiles(""); err == nil {
		t.Error("a module without sources")
	}
}

func TestTheDocumentLeavesOutALicenseThatIsNotKnown(t *testing.T) {
	doc := document("1.2.3", "amd64", time.Unix(1700000000, 0), nil, []module{
		{path: "example.com/Some/thing", version: "v2.0.0+incompatible", texts: []text{{"LICENSE", "mine"}}}})
	b, err := json.Marshal(doc.Components)
	if err != nil {
		t.Fatal(err)
	}
	const ref = "pkg:golang/example.com/some/thing@v2.0.0%2Bincompatible"
	want := `[{"type":"library","bom-ref":"` + ref + `","name":"example.com/Some/thing","version":"v2.0.0+incompatible","purl":"` + ref + `"}]`
	if string(b) != want {
		t.Errorf("%s, want %s", b, want)
	}
	if doc.Metadata.Timestamp != "2023-11-14T22:13:20Z" {
		t.Errorf("the time is %s", doc.Metadata.Timestamp)
	}
}
