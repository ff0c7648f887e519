package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// testCommand is what the README tells its reader to run.
const testCommand = "go test work"

// readme runs the README's test command as the README has it: no flags and no
// environment of ours. Its passes are not added to the count of tests, as the
// race step runs the same ones again; its failures are, or the count would
// look good after a failure.
func readme(s *session) (string, error) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		return "", err
	}
	if !givesCommand(string(text), testCommand) {
		return "", fmt.Errorf("README.md has no line that is the command %q", testCommand)
	}
	out, err := s.run(command{timeout: 10 * time.Minute, args: strings.Fields(testCommand)})
	if err != nil {
		s.total.failed += plainFailures(out)
	}
	return testCommand, err
}

// givesCommand reports whether a line of the text is the command, with or
// without a prompt.
func givesCommand(text, command string) bool {
	for line := range strings.Lines(text) {
		if strings.TrimPrefix(strings.TrimSpace(line), "$ ") == command {
			return true
		}
	}
	return false
}

// plainFailures counts the failed tests in the output of a failed go test
// without -json. If it names none, then a package didn't build or crashed,
// which is as good as a failed test.
func plainFailures(out string) int {
	n := 0
	for line := range strings.Lines(out) {
		if strings.HasPrefix(strings.TrimSpace(line), "--- FAIL: ") {
			n++
		}
	}
	return max(n, 1)
}
