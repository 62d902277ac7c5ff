package arch

import (
	"go/ast"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func itoa(n int) string { return strconv.Itoa(n) }

// calls are the selector expressions of a file, such as os.Getenv, that stand for an imported package's name.
func calls(f file, importPath string, names ...string) (at []ast.Node) {
	local := filepath.Base(importPath)
	if !slices.ContainsFunc(f.File.Imports, func(s *ast.ImportSpec) bool { return s.Path.Value == strconv.Quote(importPath) }) {
		return nil
	}
	for _, s := range f.File.Imports {
		if s.Path.Value == strconv.Quote(importPath) && s.Name != nil {
			local = s.Name.Name
		}
	}
	ast.Inspect(f.File, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && slices.Contains(names, sel.Sel.Name) {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == local {
				at = append(at, sel)
			}
		}
		return true
	})
	return at
}

func below(p pkg, dirs ...string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool { return strings.HasPrefix(p.at()+"/", dir+"/") })
}

// What a container becomes must be seen in what is handed on, not depend on variables that someone else has set.
func TestOnlyTheCommandReadsTheEnvironment(t *testing.T) {
	found := false
	for _, f := range files(t) {
		at := calls(f, "os", "Getenv", "LookupEnv", "Environ", "ExpandEnv", "Setenv", "Unsetenv", "Clearenv", "UserHomeDir", "UserCacheDir", "UserConfigDir", "TempDir")
		at = append(at, calls(f, "syscall", "Getenv", "Environ", "Setenv", "Unsetenv")...)
		at = append(at, calls(f, "golang.org/x/sys/unix", "Getenv", "Environ", "Setenv", "Unsetenv")...)
		if below(f.pkg, "cmd", "test", "hack") {
			found = found || len(at) > 0
			continue
		}
		for _, n := range at {
			t.Errorf("%s reads the environment", f.where(n))
		}
	}
	if !found {
		t.Error("nobody reads the environment, which cannot be")
	}
}

// Code that can break memory is found by its file's name.
func TestUnsafeIsInFilesNamedForIt(t *testing.T) {
	for _, f := range files(t) {
		uses := slices.ContainsFunc(f.File.Imports, func(s *ast.ImportSpec) bool { return s.Path.Value == `"unsafe"` })
		named := strings.HasSuffix(f.name, "_unsafe.go")
		switch {
		case uses && !named && !below(f.pkg, "test", "hack"):
			t.Errorf("%s imports unsafe, and is not named *_unsafe.go", filepath.Join(f.at(), f.name))
		case named && !uses:
			t.Errorf("%s does not import unsafe", filepath.Join(f.at(), f.name))
		}
		for _, group := range f.Comments {
			for _, c := range group.List {
				if strings.HasPrefix(c.Text, "//go:linkname") {
					t.Errorf("%s reaches into another package", f.where(c))
				}
			}
		}
	}
}

// A start pays for every init there is, before it knows what it is to do.
func TestThereIsNoInit(t *testing.T) {
	for _, f := range files(t) {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: an init function", f.where(fn))
			}
		}
	}
}

func TestEveryPackageSaysWhatItKnows(t *testing.T) {
	said := map[string]bool{}
	all := files(t)
	for _, f := range all {
		if f.File.Doc != nil && (strings.HasPrefix(f.File.Doc.Text(), "Package "+f.File.Name.Name+" ") || f.File.Name.Name == "main") {
			said[f.ImportPath] = true
		}
	}
	for _, f := range all {
		if !said[f.ImportPath] {
			t.Errorf("%s has no package comment", f.ImportPath)
			said[f.ImportPath] = true
		}
	}
}

// A newcomer's first guess at where a line lives is right when files are short.
func TestFilesAreShort(t *testing.T) {
	var lines []int
	for _, f := range files(t) {
		lines = append(lines, f.set.File(f.Pos()).LineCount())
	}
	slices.Sort(lines)
	median := lines[len(lines)/2]
	t.Logf("%d files, median %d lines, longest %d", len(lines), median, lines[len(lines)-1])
	if median >= 100 {
		t.Errorf("the median file has %d lines", median)
	}
}
