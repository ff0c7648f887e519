package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// A mutant is one change of one file.
type mutant struct {
	Room   string `json:"room"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Kind   string `json:"kind"`
	Was    string `json:"was"`
	Is     string `json:"is"`
	In     string `json:"in"` // the line, as it was

	from, to int // what is replaced, as offsets
}

// String tells mutants apart.
func (m mutant) String() string {
	return fmt.Sprintf("%s:%d: %s: %s -> %s in %s", m.File, m.Line, m.Kind, brief(m.Was), brief(m.Is), brief(m.In))
}

// brief is code on one line.
func brief(code string) string {
	s := strings.Join(strings.Fields(code), " ")
	if s == "" {
		return "nothing"
	}
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "..."
	}
	return s
}

// apply gives the file with the change in it.
func (m mutant) apply(src []byte) []byte {
	return []byte(string(src[:m.from]) + m.Is + string(src[m.to:]))
}

// finder collects the mutants of a file.
type finder struct {
	src   []byte
	lines []string
	fset  *token.FileSet
	comm  ast.Stmt // of the case of a select that was last seen: can't be dropped
	found []mutant
}

// find lists all mutants of a file. Some don't build, which shows when they are
// tried.
func find(file string, src []byte) ([]mutant, error) {
	f := &finder{src: src, lines: strings.Split(string(src), "\n"), fset: token.NewFileSet()}
	tree, err := parser.ParseFile(f.fset, file, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	ast.Inspect(tree, f.visit)
	for i := range f.found {
		f.found[i].File = file
	}
	return f.found, nil
}

// replace adds a mutant.
func (f *finder) replace(kind string, from, to token.Pos, by string) {
	at := f.fset.Position(from)
	m := mutant{Line: at.Line, Column: at.Column, Kind: kind, Is: by, from: at.Offset, to: f.fset.Position(to).Offset}
	m.Was = string(f.src[m.from:m.to])
	m.In = strings.TrimSpace(f.lines[m.Line-1])
	f.found = append(f.found, m)
}

func (f *finder) replaceNode(kind string, n ast.Node, by string) {
	f.replace(kind, n.Pos(), n.End(), by)
}

func (f *finder) text(n ast.Node) string {
	return string(f.src[f.fset.Position(n.Pos()).Offset:f.fset.Position(n.End()).Offset])
}

func (f *finder) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ImportSpec:
		return false
	case *ast.GenDecl:
		if n.Tok == token.CONST {
			f.constants(n)
		}
		return n.Tok != token.CONST
	case *ast.IfStmt:
		f.condition(n.Cond)
	case *ast.ForStmt:
		if n.Cond != nil {
			f.replaceNode("never", n.Cond, "false && ("+f.text(n.Cond)+")")
		}
	case *ast.SwitchStmt:
		f.cases(n)
	case *ast.CommClause:
		f.comm = n.Comm
	case *ast.BinaryExpr:
		f.operator(n)
	case *ast.ReturnStmt:
		f.answers(n)
	case *ast.CallExpr:
		f.extreme(n)
	case *ast.BasicLit:
		if n.Kind == token.INT {
			f.replaceNode("number", n, n.Value+"+1")
		}
	case ast.Stmt:
		if n != f.comm {
			f.statement(n)
		}
	}
	return true
}

// condition has one always hold, and never.
func (f *finder) condition(cond ast.Expr) {
	f.replaceNode("never", cond, "false && ("+f.text(cond)+")")
	f.replaceNode("always", cond, "true || ("+f.text(cond)+")")
}

// cases has those of a switch never hold that are conditions.
func (f *finder) cases(n *ast.SwitchStmt) {
	if n.Tag != nil {
		return
	}
	for _, s := range n.Body.List {
		for _, cond := range s.(*ast.CaseClause).List {
			f.replaceNode("never", cond, "false && ("+f.text(cond)+")")
		}
	}
}

// operators are what becomes of them.
var operators = map[token.Token]struct{ kind, by string }{
	token.LSS:  {"bound", "<="},
	token.LEQ:  {"bound", "<"},
	token.GTR:  {"bound", ">="},
	token.GEQ:  {"bound", ">"},
	token.EQL:  {"equal", "!="},
	token.NEQ:  {"equal", "=="},
	token.LAND: {"logic", "||"},
	token.LOR:  {"logic", "&&"},
	token.ADD:  {"arithmetic", "-"},
	token.SUB:  {"arithmetic", "+"},
	token.MUL:  {"arithmetic", "/"},
	token.QUO:  {"arithmetic", "*"},
	token.AND:  {"arithmetic", "|"},
	token.OR:   {"arithmetic", "&"},
}

func (f *finder) operator(n *ast.BinaryExpr) {
	if o, ok := operators[n.Op]; ok {
		f.replace(o.kind, n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), o.by)
	}
}

// answers swaps true and false in what is returned.
func (f *finder) answers(n *ast.ReturnStmt) {
	swapped := map[string]string{"true": "false", "false": "true"}
	for _, r := range n.Results {
		if id, ok := r.(*ast.Ident); ok && swapped[id.Name] != "" {
			f.replaceNode("answer", id, swapped[id.Name])
		}
	}
}

// extreme swaps min and max.
func (f *finder) extreme(n *ast.CallExpr) {
	swapped := map[string]string{"min": "max", "max": "min"}
	if id, ok := n.Fun.(*ast.Ident); ok && swapped[id.Name] != "" {
		f.replaceNode("extreme", id, swapped[id.Name])
	}
}

// statement drops one, or turns it round. Locks stay: a test without -race
// can't tell that one is missing, and a missing unlock only hangs.
func (f *finder) statement(n ast.Stmt) {
	switch n := n.(type) {
	case *ast.ExprStmt:
		if call, ok := n.X.(*ast.CallExpr); ok && !f.locks(call) {
			f.replaceNode("drop", n, "")
		}
	case *ast.DeferStmt:
		if !f.locks(n.Call) {
			f.replaceNode("drop", n, "")
		}
	case *ast.SendStmt, *ast.GoStmt:
		f.replaceNode("drop", n, "")
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			f.replaceNode("drop", n, "")
		}
	case *ast.IncDecStmt:
		by := map[token.Token]string{token.INC: "--", token.DEC: "++"}
		f.replace("step", n.TokPos, n.TokPos+2, by[n.Tok])
	case *ast.BranchStmt:
		by := map[token.Token]string{token.BREAK: "continue", token.CONTINUE: "break"}
		if n.Label == nil && by[n.Tok] != "" {
			f.replaceNode("branch", n, by[n.Tok])
		}
	}
}

// locks recognizes the calls of a mutex.
func (f *finder) locks(call *ast.CallExpr) bool {
	name, ok := call.Fun.(*ast.SelectorExpr)
	return ok && strings.HasSuffix(strings.ToLower(name.Sel.Name), "lock")
}

// constants makes those sixteen times as large that are set one by one.
func (f *finder) constants(n *ast.GenDecl) {
	for _, spec := range n.Specs {
		for _, v := range spec.(*ast.ValueSpec).Values {
			if !strings.Contains(f.text(v), "iota") {
				f.replaceNode("constant", v, "16 * ("+f.text(v)+")")
			}
		}
	}
}
