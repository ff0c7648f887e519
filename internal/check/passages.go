package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A passage is something that a document has its reader do.
type passage struct {
	file string
	line int
	kind string // "sh", "console" and "go" of blocks; "command" of single ones
	text []string
}

// documents are what a reader is sent to. Those on decisions tell what was done
// once, at a commit of then.
func documents() ([]string, error) {
	files := []string{"README.md", "README.ko.md", "CONTRIBUTING.md", "bench/README.md"}
	for _, pattern := range []string{"docs/*.md", "docs/chapter/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	return files, nil
}

// allPassages are those of all documents, without what a document has from
// another, as translations have.
func allPassages() ([]passage, error) {
	files, err := documents()
	var all []passage
	for _, file := range files {
		text, e := os.ReadFile(file)
		if e != nil {
			return nil, e
		}
		for _, p := range passagesOf(file, string(text)) {
			if !slices.ContainsFunc(all, func(q passage) bool { return q.kind == p.kind && slices.Equal(q.text, p.text) }) {
				all = append(all, p)
			}
		}
	}
	return all, err
}

// passagesOf finds a document's blocks that are marked sh, console or go, and the
// commands in its indented blocks and inline code.
func passagesOf(file, text string) (found []passage) {
	var block *passage
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		mark, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && block == nil:
			block = &passage{file, i + 1, mark, nil}
		case fence:
			if slices.Contains([]string{"sh", "console", "go"}, block.kind) {
				found = append(found, *block)
			}
			block = nil
		case block != nil:
			block.text = append(block.text, line)
		default:
			for _, c := range commandsIn(line) {
				found = append(found, passage{file, i + 1, "command", []string{c}})
			}
		}
	}
	return found
}

var (
	inlineCode  = regexp.MustCompile("`([^`]+)`")
	commandLine = regexp.MustCompile(`^([A-Z_]+=\S+ )*(go (build|test|run|vet|tool|mod|get|install) |iocp [a-z]+( |$))`)
)

// commandsIn finds commands in a line of text. Code of several lines isn't looked
// for.
func commandsIn(line string) (commands []string) {
	candidates := []string{}
	if strings.HasPrefix(line, "    ") {
		candidates = []string{strings.TrimPrefix(strings.TrimSpace(line), "$ ")}
	} else {
		for _, m := range inlineCode.FindAllStringSubmatch(line, -1) {
			candidates = append(candidates, m[1])
		}
	}
	for _, c := range candidates {
		if commandLine.MatchString(c) {
			commands = append(commands, c)
		}
	}
	return commands
}
