package container

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// source is this package's code, without tests.
type source struct {
	set   *token.FileSet
	funcs map[string][]*ast.FuncDecl // by name: methods of several types may share one
	sound map[string]bool            // what it returns is an *Error or nil

	foreign map[string]bool // names of packages, and of what is theirs: their functions may be called as ours are
}

// Every error that leaves this package is made by failure: each exported function returns nil, what failure gives, or what
// another function of that kind does.
func TestEveryErrorThatLeavesIsTold(t *testing.T) {
	s := source{token.NewFileSet(), map[string][]*ast.FuncDecl{}, map[string]bool{"failure": true}, map[string]bool{"dir": true}}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(s.set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			s.foreign[path.Base(strings.Trim(i.Path.Value, `"`))] = true
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fails(fn) {
				s.funcs[fn.Name.Name] = append(s.funcs[fn.Name.Name], fn)
				s.sound[fn.Name.Name] = true
			}
		}
	}
	for changed := true; changed; {
		changed = false
		for name, list := range s.funcs {
			for _, fn := range list {
				if name != "failure" && s.sound[name] && s.untold(fn) != nil {
					s.sound[name], changed = false, true
				}
			}
		}
	}
	exported := 0
	for name, list := range s.funcs {
		for _, fn := range list {
			if !ast.IsExported(name) || name == "Unwrap" {
				continue
			}
			exported++
			if at := s.untold(fn); at != nil {
				t.Errorf("%s: %s returns an error that failure has not made", s.set.Position(at.Pos()), name)
			}
		}
	}
	if exported < 25 {
		t.Errorf("%d functions were looked at", exported)
	}
}

// fails tells whether the last result is an error.
func fails(fn *ast.FuncDecl) bool {
	if fn.Type.Results == nil || fn.Body == nil {
		return false
	}
	list := fn.Type.Results.List
	last, ok := list[len(list)-1].Type.(*ast.Ident)
	return ok && last.Name == "error"
}

// untold is a return of another error, or nil.
func (s source) untold(fn *ast.FuncDecl) (at ast.Node) {
	itself(fn.Body, func(n ast.Node) {
		r, ok := n.(*ast.ReturnStmt)
		if !ok || at != nil {
			return
		}
		if len(r.Results) > 0 && s.told(fn, r.Results[len(r.Results)-1]) {
			return
		}
		list := fn.Type.Results.List
		if named := list[len(list)-1].Names; len(r.Results) == 0 && len(named) > 0 && s.told(fn, named[len(named)-1]) {
			return
		}
		at = r
	})
	return at
}

// itself visits what belongs to a function itself, and not to those that it makes.
func itself(body ast.Node, visit func(ast.Node)) {
	ast.Inspect(body, func(n ast.Node) bool {
		if _, inner := n.(*ast.FuncLit); inner {
			return false
		}
		if n != nil {
			visit(n)
		}
		return true
	})
}

// told tells whether an expression is nil or an *Error. A variable is what all is that the function ever puts into it.
func (s source) told(fn *ast.FuncDecl, e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.CallExpr:
		switch f := e.Fun.(type) {
		case *ast.Ident:
			return s.sound[f.Name]
		case *ast.SelectorExpr:
			of, _ := f.X.(*ast.Ident)
			return s.sound[f.Sel.Name] && (of == nil || !s.foreign[of.Name])
		}
	case *ast.Ident:
		return e.Name == "nil" || s.putInto(fn, e.Name)
	}
	return false
}

func (s source) putInto(fn *ast.FuncDecl, name string) bool {
	all := true
	itself(fn.Body, func(n ast.Node) {
		a, ok := n.(*ast.AssignStmt)
		if !ok {
			return
		}
		for i, to := range a.Lhs {
			if id, ok := to.(*ast.Ident); ok && id.Name == name {
				all = all && s.told(fn, a.Rhs[min(i, len(a.Rhs)-1)])
			}
		}
	})
	return all
}
