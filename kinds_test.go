package iocp_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// kindsOf reads the kinds of operation out of internal/driver/op.go.
func kindsOf(t *testing.T) (kinds []string) {
	file, err := parser.ParseFile(token.NewFileSet(), "internal/driver/op.go", nil, 0)
	check(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "Kind") {
			kinds = append(kinds, spec.Names[0].Name)
		}
		return true
	})
	if len(kinds) < 2 {
		t.Fatal("internal/driver/op.go has no kinds")
	}
	return kinds
}

// careless finds the switches over kinds by which one that is left out would pass
// for another, or for nothing: those that neither name all nor panic by default.
func careless(file *ast.File, kinds []string) (switches int, bad []token.Pos) {
	ast.Inspect(file, func(n ast.Node) bool {
		s, ok := n.(*ast.SwitchStmt)
		if !ok || s.Tag == nil {
			return true
		}
		var named []string
		panics := false
		for _, c := range s.Body.List {
			clause := c.(*ast.CaseClause)
			for _, e := range clause.List {
				if name := typeName(e); slices.Contains(kinds, name) {
					named = append(named, name)
				}
			}
			panics = panics || clause.List == nil && calls(clause, "panic")
		}
		if len(named) == 0 {
			return true
		}
		switches++
		if !panics && len(named) < len(kinds) {
			bad = append(bad, s.Pos())
		}
		return true
	})
	return switches, bad
}

// calls reports whether there is a call of a function.
func calls(n ast.Node, name string) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		found = found || ok && typeName(call.Fun) == name
		return true
	})
	return found
}

// A kind of operation that is new, and that a switch has no case for, is a panic
// there, and never taken for another kind.
func TestKindSwitches(t *testing.T) {
	kinds, total := kindsOf(t), 0
	for _, root := range []string{"internal", "."} {
		check(t, filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && name != root && root == ".":
				return fs.SkipDir
			case filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
				return nil
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, name, nil, 0)
			if err != nil {
				return err
			}
			n, bad := careless(file, kinds)
			total += n
			for _, pos := range bad {
				t.Errorf("%v: this switch over kinds neither names all nor panics by default", set.Position(pos))
			}
			return nil
		}))
	}
	if total == 0 {
		t.Error("no switch over kinds was found")
	}
}

func TestKindSwitchesCanFail(t *testing.T) {
	kinds := []string{"KindA", "KindB"}
	for body, want := range map[string]int{
		"switch k { case driver.KindA: a(); default: b() }":                      1,
		"switch k { case driver.KindA: a() }":                                    1,
		"switch k := op.Kind; k { case KindB: a() }":                             1,
		"switch k { case driver.KindA: a(); default: panic(k) }":                 0,
		"switch k { case driver.KindA: a(); case KindB: }":                       0,
		"switch { case k == KindA: a() }":                                        0,
		"switch k { case 1: switch op.Kind { case KindA: }; default: panic(k) }": 1,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package p\nfunc f() { "+body+" }", 0)
		check(t, err)
		if _, bad := careless(file, kinds); len(bad) != want {
			t.Errorf("%s: %d found careless, want %d", body, len(bad), want)
		}
	}
}
