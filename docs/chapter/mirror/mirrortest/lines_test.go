package mirrortest

import (
	"bytes"
	"fmt"
	"os"
	"testing"
)

// A mirror is no longer than its original, and the README says how long.
func TestMirrorsAreNoLonger(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	Must(t, err)
	for _, m := range []struct {
		mirror, title string
		original      int
	}{
		{"routineecho", "routine echo server", 122},
		{"stableclient", "stable client", 73},
		{"portecho", "port echo server", 145},
		{"chat", "chat server", 145},
	} {
		text, err := os.ReadFile("../" + m.mirror + "/main.go")
		Must(t, err)
		lines := bytes.Count(text, []byte("\n"))
		if lines > m.original {
			t.Errorf("%s has %d lines, more than the original's %d", m.mirror, lines, m.original)
		}
		row := fmt.Sprintf("| %s | %d | %d |", m.title, m.original, lines)
		if !bytes.Contains(readme, []byte(row)) {
			t.Errorf("docs/chapter/README.md lacks the row %q", row)
		}
	}
}
