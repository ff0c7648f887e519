package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTranslations holds the Korean pages to the English ones: the same headings
// and rows, and the same commands. What is typed and printed in a dialogue may be
// in Korean.
func TestTranslations(t *testing.T) {
	t.Chdir("../..")
	pages, err := filepath.Glob("docs/chapter/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "README.md") {
		if strings.HasSuffix(page, ".ko.md") {
			continue
		}
		korean := strings.TrimSuffix(page, ".md") + ".ko.md"
		original, translation := shapeOf(t, page), shapeOf(t, korean)
		if filepath.ToSlash(page) == "docs/chapter/README.md" { // tells the same in another order
			continue
		}
		for what, want := range original {
			if got := translation[what]; !slices.Equal(got, want) {
				t.Errorf("%s: %s: %q, and in %s %q", korean, what, got, page, want)
			}
		}
	}
}

// shapeOf is what translations have in common.
func shapeOf(t *testing.T, file string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	shape := map[string][]string{}
	fenced := false
	for line := range strings.Lines(strings.ReplaceAll(string(text), "\r\n", "\n")) {
		fenced = fenced != strings.HasPrefix(line, "```")
		mark, _, _ := strings.Cut(line, " ")
		switch {
		case fenced:
		case strings.HasPrefix(mark, "#"):
			shape["headings"] = append(shape["headings"], mark)
		case mark == "|" || mark == "-":
			shape["rows"] = append(shape["rows"], mark)
		}
	}
	for _, p := range passagesOf(file, string(text)) {
		if p.kind != "console" {
			shape[p.kind] = append(shape[p.kind], strings.Join(p.text, "\n"))
		}
	}
	slices.Sort(shape["command"]) // a sentence may turn round
	return shape
}
