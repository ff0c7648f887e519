package iocp_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"iocp"
	"iocp/internal/driver"
)

// publicPackages are the folders whose exported names users build on.
var publicPackages = []string{".", "server", "routine", "portnet", "porttest"}

// face is what a package exports.
type face struct {
	files   []*ast.File
	reached map[string]bool // types whose exported methods a user can call
}

func readFace(t *testing.T, dir string) *face {
	names, err := filepath.Glob(filepath.Join(filepath.FromSlash(dir), "*.go"))
	check(t, err)
	f := &face{reached: map[string]bool{}}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		check(t, err)
		f.files = append(f.files, file)
	}
	if len(f.files) == 0 {
		t.Fatalf("%s has no package", dir)
	}
	for more := true; more; {
		more = f.reach()
	}
	return f
}

// reach adds types that are exported, or embedded in what is reached already,
// and reports whether there were any.
func (f *face) reach() bool {
	before := len(f.reached)
	f.types(func(s *ast.TypeSpec) {
		if s.Name.IsExported() {
			f.reached[s.Name.Name] = true
		}
		body, ok := s.Type.(*ast.StructType)
		if !ok || !f.reached[s.Name.Name] {
			return
		}
		for _, field := range body.Fields.List {
			if len(field.Names) == 0 {
				f.reached[typeName(field.Type)] = true
			}
		}
	})
	return len(f.reached) > before
}

func (f *face) types(each func(*ast.TypeSpec)) {
	for _, file := range f.files {
		for _, d := range file.Decls {
			if g, ok := d.(*ast.GenDecl); ok {
				for _, s := range g.Specs {
					if s, ok := s.(*ast.TypeSpec); ok {
						each(s)
					}
				}
			}
		}
	}
}

// funcs calls each with the functions and methods that a user can call; recv is
// empty for a function.
func (f *face) funcs(each func(recv string, d *ast.FuncDecl, in *ast.File)) {
	for _, file := range f.files {
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() {
				continue
			}
			recv := ""
			if fn.Recv != nil {
				if recv = typeName(fn.Recv.List[0].Type); !f.reached[recv] {
					continue
				}
			}
			each(recv, fn, file)
		}
	}
}

// typeName is the name of a type or of what it points to, without its package.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// internals lists the types below what is given that are of internal packages.
func internals(in *ast.File, n ast.Node) (found []string) {
	ast.Inspect(n, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		pkg, ok := sel.X.(*ast.Ident)
		for _, spec := range in.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			if ok && strings.Contains(path, "/internal/") && strings.HasSuffix(path, "/"+pkg.Name) {
				found = append(found, pkg.Name+"."+sel.Sel.Name)
			}
		}
		return true
	})
	return found
}

// What the backends and the port say to each other is nobody else's to call: a
// packet that no operation stands behind, given to the port by hand, would freeze
// it.
func TestNoPlumbingIsExported(t *testing.T) {
	if _, ok := any((*iocp.Port)(nil)).(driver.Sink); ok {
		t.Error("iocp.Port can be called as a driver.Sink")
	}
	for _, dir := range publicPackages {
		f := readFace(t, dir)
		f.funcs(func(recv string, d *ast.FuncDecl, in *ast.File) {
			if found := internals(in, d.Type); found != nil {
				t.Errorf("%s: %s.%s has %v in its signature", dir, recv, d.Name.Name, found)
			}
		})
		for _, file := range f.files {
			exportedFields(file, func(owner, field string, typ ast.Expr) {
				if found := internals(file, typ); found != nil {
					t.Errorf("%s: %s.%s shows %v", dir, owner, field, found)
				}
			})
		}
	}
}

// exportedFields calls each with the exported fields of structs, and with the
// exported methods of interfaces.
func exportedFields(file *ast.File, each func(owner, field string, typ ast.Expr)) {
	ast.Inspect(file, func(n ast.Node) bool {
		s, ok := n.(*ast.TypeSpec)
		if !ok || !s.Name.IsExported() {
			return true
		}
		var list []*ast.Field
		switch body := s.Type.(type) {
		case *ast.StructType:
			list = body.Fields.List
		case *ast.InterfaceType:
			list = body.Methods.List
		}
		for _, field := range list {
			if len(field.Names) == 0 || slices.ContainsFunc(field.Names, (*ast.Ident).IsExported) {
				each(s.Name.Name, typeName(field.Type), field.Type)
			}
		}
		return true
	})
}
