package arch

import (
	"go/ast"
	"go/token"
	"slices"
	"testing"
)

// variables that are no table, error or function made once, each with its reason.
var variables = map[string]string{
	"cmd/urun.version":           "the linker sets it",
	"cmd/urun.commit":            "the linker sets it",
	"cmd/urun.date":              "the linker sets it",
	"cmd/urun-netstack.version":  "the linker sets it",
	"cmd/urun-image.version":     "the linker sets it",
	"internal/forkexec.initFrom": "assembly sets it",
	"internal/forkexec.initTo":   "assembly sets it",
	"internal/forkexec.noInit":   "a struct that stands for none",
	"internal/nofile.Inherited":  "later it is too late to find out",
	"internal/caps.All":          "a constant but for the length of a table",
}

func TestPackageVariablesAreErrorsAndTables(t *testing.T) {
	used := map[string]bool{}
	for _, f := range files(t) {
		if below(f.pkg, "test", "hack") {
			continue
		}
		for _, d := range f.Decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok || gen.Tok != token.VAR {
				continue
			}
			for _, s := range gen.Specs {
				v := s.(*ast.ValueSpec)
				for i, name := range v.Names {
					full := f.at() + "." + name.Name
					if _, ok := variables[full]; ok {
						used[full] = true
						continue
					}
					if name.Name != "_" && (i >= len(v.Values) || !constant(v.Values[i])) {
						t.Errorf("%s: the variable %s is no error, table or function made once", f.where(name), name.Name)
					}
				}
			}
		}
	}
	for name := range variables {
		if !used[name] {
			t.Errorf("there is no variable %s any more", name)
		}
	}
}

// constant tells whether a value is one that the language would let be a constant, could it: a table, an error, a
// pattern, a function that makes one of them when it is first needed.
func constant(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.CompositeLit:
		switch e.Type.(type) {
		case *ast.ArrayType, *ast.MapType:
			return true
		}
	case *ast.CallExpr:
		if sel, ok := e.Fun.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok {
				return slices.Contains([]string{"errors.New", "fmt.Errorf", "regexp.MustCompile", "sync.OnceValue"}, x.Name+"."+sel.Sel.Name)
			}
		}
	}
	return false
}

// Variables are written where they are declared and nowhere else.
func TestNobodyWritesAPackageVariable(t *testing.T) {
	declared := map[string]map[string]bool{} // by package
	all := files(t)
	for _, f := range all {
		for _, d := range f.Decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok || gen.Tok != token.VAR {
				continue
			}
			for _, s := range gen.Specs {
				for _, name := range s.(*ast.ValueSpec).Names {
					if declared[f.at()] == nil {
						declared[f.at()] = map[string]bool{}
					}
					declared[f.at()][name.Name] = true
				}
			}
		}
	}
	for _, f := range all {
		if below(f.pkg, "test", "hack") {
			continue
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			local := locals(fn)
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				a, ok := n.(*ast.AssignStmt)
				if !ok || a.Tok == token.DEFINE {
					return true
				}
				for _, to := range a.Lhs {
					if name := root(to); name != "_" && declared[f.at()][name] && !local[name] {
						t.Errorf("%s writes the package's variable %s", f.where(a), name)
					}
				}
				return true
			})
		}
	}
}

// locals are the names that a function declares, anywhere in it.
func locals(fn *ast.FuncDecl) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			for _, id := range n.Names {
				names[id.Name] = true
			}
		case *ast.ValueSpec:
			for _, id := range n.Names {
				names[id.Name] = true
			}
		case *ast.AssignStmt:
			for _, to := range n.Lhs {
				if id, ok := to.(*ast.Ident); ok && n.Tok == token.DEFINE {
					names[id.Name] = true
				}
			}
		case *ast.RangeStmt:
			for _, e := range []ast.Expr{n.Key, n.Value} {
				if id, ok := e.(*ast.Ident); ok && n.Tok == token.DEFINE {
					names[id.Name] = true
				}
			}
		}
		return true
	})
	return names
}

// root is the variable at the bottom of what is assigned to.
func root(e ast.Expr) string {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x.Name
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		default:
			return ""
		}
	}
}
