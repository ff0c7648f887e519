package iocp_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// errorTables are the systems' tables, in the order of the columns of the table
// in docs/errors.md.
var errorTables = []string{
	"internal/driver/errno_unix.go",
	"internal/driver/errno_windows.go",
}

// published are the names under which package iocp publishes driver's classes,
// where they differ.
var published = map[string]string{
	"ErrUnclassified": "ErrSystem",
	"ErrAlreadyBound": "ErrAssociated",
	"ErrNotExist":     "fs.ErrNotExist",
	"ErrExist":        "fs.ErrExist",
}

// A number has one class, whatever backend meets it: there is one table for a
// system, and what is an exception stands beside it.
func TestOneErrorTable(t *testing.T) {
	err := filepath.WalkDir("internal/driver", func(name string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".go" || slices.Contains(errorTables, filepath.ToSlash(name)) {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		ast.Inspect(file, func(n ast.Node) bool {
			m, ok := n.(*ast.MapType)
			if !ok || typeName(m.Key) != "Errno" || typeName(m.Value) != "error" {
				return true
			}
			if base := filepath.Base(name); base != "errors.go" && base != "errno_test.go" {
				t.Errorf("%s has a table of errors of its own", name)
			}
			return true
		})
		return err
	})
	check(t, err)
}

// docs/errors.md has what the code has.
func TestErrorsDocumented(t *testing.T) {
	documented := documentedErrors(t)
	for column, file := range errorTables {
		for class, numbers := range codedErrors(t, file) {
			slices.Sort(numbers)
			got := []string(nil)
			if row := documented[class]; row != nil {
				got = row[column]
			}
			slices.Sort(got)
			if !slices.Equal(got, numbers) {
				t.Errorf("docs/errors.md, %s, column %d: has %v; %s has\n%s", class, column+1, got, file, strings.Join(numbers, " "))
			}
			if documented[class] != nil {
				documented[class][column] = nil
			}
		}
	}
	for class, row := range documented {
		for column, left := range row {
			if len(left) > 0 {
				t.Errorf("docs/errors.md, %s, column %d: %v is not in %s", class, column+1, left, errorTables[column])
			}
		}
	}
}

// documentedErrors reads the rows that have a class and a cell for each file.
func documentedErrors(t *testing.T) map[string][][]string {
	text, err := os.ReadFile("docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][][]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		class := strings.Trim(strings.TrimSpace(cells[0]), "`")
		if len(cells) != 1+len(errorTables) || !strings.Contains(class, "Err") {
			continue
		}
		for _, cell := range cells[1:] {
			rows[class] = append(rows[class], strings.Fields(cell))
		}
	}
	if len(rows) == 0 {
		t.Fatal("docs/errors.md has no table of numbers")
	}
	return rows
}

// codedErrors reads the map literal named classes: class to numbers.
func codedErrors(t *testing.T, name string) map[string][]string {
	found := tableOf(t, name, "classes")
	if len(found) == 0 {
		t.Fatalf("%s has no table", name)
	}
	return found
}

// tableOf reads a map literal of numbers: class to numbers.
func tableOf(t *testing.T, name, variable string) map[string][]string {
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != variable {
			return true
		}
		for _, e := range spec.Values[0].(*ast.CompositeLit).Elts {
			row := e.(*ast.KeyValueExpr)
			class := publicName(typeName(row.Value))
			found[class] = append(found[class], row.Key.(*ast.SelectorExpr).Sel.Name)
		}
		return false
	})
	return found
}

// toldErrors reads the classes that the table of what provokes them has.
func toldErrors(t *testing.T) map[string]bool {
	_, rest, _ := strings.Cut(readText(t, "docs/errors.md"), "| class | provoked by |")
	table, _, _ := strings.Cut(rest, "\n\n")
	told := map[string]bool{}
	for line := range strings.Lines(table) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "|"), "|")
		for class := range strings.SplitSeq(cell, ",") {
			if class = strings.Trim(class, " `\n"); strings.Contains(class, "Err") && class != "ErrClosed" {
				told[class] = true
			}
		}
	}
	if len(told) == 0 {
		t.Fatal("docs/errors.md doesn't say what provokes errors")
	}
	return told
}

// publicErrors are the names of the errors that package iocp declares.
func publicErrors(t *testing.T) (names []string) {
	file, err := parser.ParseFile(token.NewFileSet(), "errors.go", nil, 0)
	check(t, err)
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
			for _, spec := range g.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					names = append(names, name.Name)
				}
			}
		}
	}
	if len(names) == 0 {
		t.Fatal("errors.go declares no errors")
	}
	return names
}

// The simulator's errors have the numbers that Unix has for their classes.
func TestSimulatedErrors(t *testing.T) {
	of := map[string][]string{}
	for _, table := range []string{"classes", "fileClasses", "pipeClasses", "peerClasses"} {
		for class, numbers := range tableOf(t, errorTables[0], table) {
			for _, n := range numbers {
				of[n] = append(of[n], class)
			}
		}
	}
	files, err := filepath.Glob("internal/driver/sim/*.go")
	check(t, err)
	found := 0
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		check(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || typeName(call.Fun) != "sysError" {
				return true
			}
			found++
			class, number := publicName(typeName(call.Args[1])), typeName(call.Args[2])
			if class == "ErrSystem" && len(of[number]) == 0 {
				return true
			}
			if !slices.Contains(of[number], class) {
				t.Errorf("%s: %s is %s here, and %v to the kernels", name, number, class, of[number])
			}
			return true
		})
	}
	if found == 0 {
		t.Error("internal/driver/sim makes no errors")
	}
}

// publicName is what package iocp calls one of driver's classes.
func publicName(class string) string {
	if public, ok := published[class]; ok {
		return public
	}
	return class
}
