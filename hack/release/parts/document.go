package main

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// bom is the part of CycloneDX 1.6 (ECMA-424) that is used here.
type bom struct {
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Version      int          `json:"version"` // of the document
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Timestamp string    `json:"timestamp"`
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	Hashes     []hash     `json:"hashes,omitempty"`
	Licenses   []license  `json:"licenses,omitempty"`
	PURL       string     `json:"purl,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Alg     string `json:"alg"`
	Content string `json:"content"`
}

type license struct {
	Expression string `json:"expression"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn,omitempty"`
}

const ours = "github.com/urun-project/urun"

// purl is the package URL of a module. For Go's modules names are in lower case there; a version may have "+incompatible".
func purl(path, version string) string {
	return "pkg:golang/" + strings.ToLower(path) + "@" + strings.ReplaceAll(version, "+", "%2B")
}

// document has the programs in the release, the modules in the programs.
func document(version, arch string, at time.Time, programs []program, mods []module) bom {
	release := component{Type: "application", Ref: "urun", Name: "urun", Version: version, PURL: purl(ours, "v"+version),
		Licenses: []license{{"Apache-2.0"}}, Properties: []property{{"urun:platform", "linux/" + arch}}}
	doc := bom{Format: "CycloneDX", Spec: "1.6", Version: 1, Metadata: metadata{at.UTC().Format(time.RFC3339), release}}
	parts := dependency{Ref: release.Ref}
	for _, p := range programs {
		c := component{Type: "application", Ref: "program:" + p.name, Name: p.name, Version: version,
			Hashes: []hash{{"SHA-256", p.sum}}, Licenses: release.Licenses}
		doc.Components = append(doc.Components, c)
		parts.DependsOn = append(parts.DependsOn, c.Ref)
		uses := dependency{Ref: c.Ref}
		for _, d := range p.deps {
			uses.DependsOn = append(uses.DependsOn, purl(d.Path, d.Version))
		}
		doc.Dependencies = append(doc.Dependencies, uses)
	}
	doc.Dependencies = append([]dependency{parts}, doc.Dependencies...)
	for _, m := range mods {
		ref := purl(m.path, m.version)
		c := component{Type: "library", Ref: ref, Name: m.path, Version: m.version, PURL: ref}
		if ids := licenses(m.texts); len(ids) > 0 {
			c.Licenses = []license{{strings.Join(ids, " AND ")}}
		}
		if m.sum != "" {
			c.Properties = []property{{"urun:go.sum", m.sum}} // of the sources, as in go.sum
		}
		doc.Components = append(doc.Components, c)
		doc.Dependencies = append(doc.Dependencies, dependency{Ref: ref})
	}
	return doc
}

func sha256sum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
