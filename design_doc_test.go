package iocp_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What docs/design.md calls things is what the code calls them, and words that it
// gave up don't come back.

// glossary gives the words of docs/design.md's last table.
func glossary(t *testing.T) (words []string) {
	page, err := os.ReadFile("docs/design.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(page), "\n## Words\n")
	if !ok {
		t.Fatal("docs/design.md has no section Words")
	}
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) == 5 && !strings.Contains(line, "---") {
			for word := range strings.SplitSeq(cells[1], ",") {
				words = append(words, strings.TrimSpace(word))
			}
		}
	}
	return words[1:] // without the head
}

// engineCode is the text of package server, the root, the engine and what is below
// it, without tests.
func engineCode(t *testing.T) map[string]string {
	files := map[string]string{}
	for _, pattern := range []string{"*.go", "server/*.go", "internal/dispatch/*.go", "internal/sched/*.go", "internal/driver/*.go", "internal/driver/*/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files[filepath.ToSlash(name)] = string(text)
		}
	}
	return files
}

func TestGlossaryIsUsed(t *testing.T) {
	var all strings.Builder
	for _, text := range engineCode(t) {
		all.WriteString(text)
	}
	words := glossary(t)
	if len(words) < 15 {
		t.Fatalf("only %q", words)
	}
	for _, word := range words {
		if !regexp.MustCompile(`(?i)\b` + regexp.QuoteMeta(word) + `(s|ed|d|es|ped)?\b`).MatchString(all.String()) {
			t.Errorf("docs/design.md explains %q, which no code says", word)
		}
	}
}

// givenUp are words that only the authors understood, and what is said instead.
var givenUp = map[string]string{
	"seat":    "owner, set",
	"tray":    "local queue",
	"stray":   "orphan, requeued, unknown",
	"parcel":  "request to rebalance",
	"todo":    "ready list",
	"remind":  "ask for a flush",
	"laden":   "not empty",
	"bell":    "waker",
	"toil":    "batch",
	"weather": "fault, profile",
	"mood":    "fault",
	"beggar":  "borrower, waiter",
	"solvent": "has credit",
	"flying":  "in flight",
	"takeoff": "next send",
	"launch":  "start",
	"crew":    "pool, workers, active",
}

func TestPrivateWordsStayAway(t *testing.T) {
	words := regexp.MustCompile(`(?i)\b(` + strings.Join(slices.Collect(maps.Keys(givenUp)), "|") + `)(s|ed)?\b`)
	for name, text := range engineCode(t) {
		for i, line := range strings.Split(text, "\n") {
			for _, m := range words.FindAllStringSubmatch(line, -1) {
				t.Errorf("%s:%d says %q: say %s", name, i+1, m[1], givenUp[strings.ToLower(m[1])])
			}
		}
	}
}
