package porttest

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestContractNames holds docs/contract.md and the list of clauses to each
// other: each subtest is in its clause's row, and no row names another.
func TestContractNames(t *testing.T) {
	text, err := os.ReadFile("../docs/contract.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for row := range strings.Lines(string(text)) {
		for _, name := range regexp.MustCompile(`\bC[0-9]+_[a-z0-9_]+`).FindAllString(row, -1) {
			number, _, _ := strings.Cut(name, "_")
			if strings.HasPrefix(row, "| "+number+" | ") {
				listed = append(listed, name)
			}
		}
	}
	for _, c := range clauses {
		if !slices.Contains(listed, c.name()) {
			t.Errorf("docs/contract.md doesn't have %s in the row of C%d", c.name(), c.number)
		}
	}
	if len(listed) != len(clauses) {
		t.Errorf("docs/contract.md names %d subtests, and there are %d", len(listed), len(clauses))
	}
}
