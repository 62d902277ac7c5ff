package arch

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/urun-project/urun"

// pkg is a package as go list tells of it.
type pkg struct {
	ImportPath, Name, Dir              string
	Imports, TestImports, XTestImports []string
	GoFiles, IgnoredGoFiles            []string
}

// at is the package's folder in the repository.
func (p pkg) at() string { return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/") }

// packages are those of this module that have code beside tests, for both architectures.
func packages(t *testing.T) []pkg {
	t.Helper()
	seen := map[string]pkg{}
	var order []string
	for _, arch := range []string{"amd64", "arm64"} {
		d := json.NewDecoder(bytes.NewReader(list(t, arch, "-json", module+"/...")))
		for {
			var p pkg
			if err := d.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if old, ok := seen[p.ImportPath]; ok {
				p.Imports = slices.Compact(slices.Sorted(slices.Values(append(p.Imports, old.Imports...))))
			} else {
				order = append(order, p.ImportPath)
			}
			seen[p.ImportPath] = p
		}
	}
	var all []pkg
	for _, path := range order {
		if p := seen[path]; len(p.GoFiles) > 0 {
			all = append(all, p)
		}
	}
	if len(all) < 10 {
		t.Fatalf("%d packages: the rules were not looked at", len(all))
	}
	return all
}

// list is what go list prints for an architecture.
func list(t *testing.T, arch string, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	c := exec.Command("go", append([]string{"list"}, args...)...)
	c.Dir = filepath.Join("..", "..")
	c.Env = append(c.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0")
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", c.Args, err, stderr.String())
	}
	return out
}

// file is a parsed source file.
type file struct {
	*ast.File
	pkg
	name string
	set  *token.FileSet
}

// where is a place in it, for a message.
func (f file) where(n ast.Node) string {
	p := f.set.Position(n.Pos())
	return filepath.Join(f.at(), f.name) + ":" + itoa(p.Line)
}

// files are the packages' sources, without tests, whatever their build constraints.
func files(t *testing.T) []file {
	t.Helper()
	var all []file
	for _, p := range packages(t) {
		names, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			set := token.NewFileSet()
			f, err := parser.ParseFile(set, name, nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, file{f, p, filepath.Base(name), set})
		}
	}
	return all
}
