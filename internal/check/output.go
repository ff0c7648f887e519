package main

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	frameLine      = regexp.MustCompile(`^\s*(=== [A-Z]+ .*|--- FAIL: .*|FAIL|FAIL\t.*|exit status \d+)?$`)
	capabilityLine = regexp.MustCompile(`(?m)^\s*\S+\.go:\d+: capability: \S`)
)

// onlyFrame reports whether the output of a test has nothing that the test, or
// the runtime on its behalf, has written: only the lines around that.
func onlyFrame(out string) bool {
	for line := range strings.Lines(out) {
		if !frameLine.MatchString(strings.TrimRight(line, "\r\n")) {
			return false
		}
	}
	return true
}

// lacksCapability reports whether a skipped test gave as its reason that the
// backend or the system lacks something, which is the only good one.
func lacksCapability(out string) bool { return capabilityLine.MatchString(out) }

// keptLines is how much of one failure is shown, at each end.
const keptLines = 300

// abridge leaves out the middle of an output that nobody would read: the stacks
// of a test that hangs with its thousands of goroutines.
func abridge(out string) string {
	lines := strings.SplitAfter(out, "\n")
	dropped := len(lines) - 2*keptLines
	if dropped <= 0 {
		return out
	}
	return strings.Join(lines[:keptLines], "") +
		fmt.Sprintf("[... %d lines left out here; -record keeps them ...]\n", dropped) +
		strings.Join(lines[len(lines)-keptLines:], "")
}
