// Rename gives the modules of a checkout another path, as a fork needs it:
//
//	go run ./internal/rename example.com/you/iocp
//
// It is run from the root. It changes the imports of all Go files, whatever system
// they are for, and every go.mod; it can be run again with the next name.
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./internal/rename example.com/you/iocp")
		os.Exit(2)
	}
	n, err := rename(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "rename:", err)
		os.Exit(1)
	}
	fmt.Printf("%d files changed\n", n)
}

// rename changes the tree in the working directory and counts what it changed.
func rename(to string) (files int, err error) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		return 0, fmt.Errorf("run me from the root of the checkout: %w", err)
	}
	name := moduleLine.FindSubmatch(mod)
	if name == nil || !goodPath.MatchString(to) {
		return 0, fmt.Errorf("%q can't be a module path, or go.mod has none", to)
	}
	r := renaming{from: string(name[1]), to: to}
	err = filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && file != ".":
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		changed, err := r.file(file)
		if changed {
			files++
		}
		return err
	})
	return files, err
}

var (
	moduleLine = regexp.MustCompile(`(?m)^module (\S+)$`)
	goodPath   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~-]*(/[A-Za-z0-9][A-Za-z0-9._~-]*)*$`)
)

type renaming struct{ from, to string }

// file changes a file that names the module.
func (r renaming) file(name string) (changed bool, err error) {
	var change func([]byte) ([]byte, error)
	switch {
	case filepath.Ext(name) == ".go":
		change = r.imports
	case filepath.Base(name) == "go.mod":
		change = r.words
	default:
		return false, nil
	}
	old, err := os.ReadFile(name)
	if err != nil {
		return false, err
	}
	text, err := change(old)
	if err != nil || bytes.Equal(text, old) {
		return false, err
	}
	return true, os.WriteFile(name, text, 0o666) // the mode stays
}

// path is what an import path or a module becomes.
func (r renaming) path(p string) string {
	if p == r.from || strings.HasPrefix(p, r.from+"/") {
		return r.to + p[len(r.from):]
	}
	return p
}

// imports changes a Go file. What it imports may have to be sorted anew.
func (r renaming) imports(text []byte) ([]byte, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", text, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var out []byte
	at := 0
	for _, spec := range file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		start, end := set.Position(spec.Path.Pos()).Offset, set.Position(spec.Path.End()).Offset
		if now := r.path(p); now != p {
			out = append(append(out, text[at:start]...), strconv.Quote(now)...)
			at = end
		}
	}
	if at == 0 {
		return text, nil
	}
	return format.Source(append(out, text[at:]...))
}

// words changes a go.mod, where a module is a word of its own.
func (r renaming) words(text []byte) ([]byte, error) {
	return word.ReplaceAllFunc(text, func(w []byte) []byte { return []byte(r.path(string(w))) }), nil
}

var word = regexp.MustCompile(`\S+`)
