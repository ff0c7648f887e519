package main

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A clauseID names a result of the conformance tests, whose subtests are
// called TestConformance/<backend>/C60_eof.
type clauseID struct{ backend, clause string }

var clauseTest = regexp.MustCompile(`^TestConformance/([^/]+)/(C[0-9]+[^/]*)$`)

// noteClause keeps the verdict on a clause. The same one may be tested in more
// than one package: a failure anywhere outweighs a pass, and that a skip.
func (l *testLog) noteClause(test, verdict string) {
	m := clauseTest.FindStringSubmatch(test)
	if m == nil {
		return
	}
	id := clauseID{backend: m[1], clause: m[2]}
	weight := map[string]int{"": 0, "skip": 1, "pass": 2, "fail": 3}
	if weight[verdict] > weight[l.clauses[id]] {
		l.clauses[id] = verdict
	}
}

// A clauseGroup is the clauses of one go test.
type clauseGroup struct {
	goos     string // the system it ran on, or for Wine the one it ran for
	wine     string // the version of Wine, or ""
	required []string
	verdicts map[clauseID]string
}

// counts has an entry for each backend that ran or should have.
func (g clauseGroup) counts(floors map[string]int) map[string]tally {
	counts := map[string]tally{}
	for _, backend := range g.required {
		counts[backend] = tally{}
	}
	for key := range floors {
		if backend, ours := g.backendOf(key); ours {
			counts[backend] = tally{}
		}
	}
	for id, verdict := range g.verdicts {
		t := counts[id.backend]
		switch verdict {
		case "pass":
			t.passed++
		case "fail":
			t.failed++
		case "skip":
			t.skipped++
		}
		counts[id.backend] = t
	}
	return counts
}

// name is what the table calls a backend of this group.
func (g clauseGroup) name(backend string) string {
	if g.wine != "" {
		return backend + " (" + g.wine + ")"
	}
	return backend
}

// clauses judges the conformance tests that have run, prints their table, and
// judges the skips of all tests on the way: a test skipped for another reason
// than a missing capability is a hole in the net.
func clauses(s *session) (string, error) {
	if len(s.groups) == 0 {
		return "neither race nor wine has run", s.judgeSkips()
	}
	// Without the file there is still a table, to write the file from.
	var problems []error
	floors, err := readFloors()
	if err != nil {
		problems = append(problems, err)
	}
	table := fmt.Sprintf("%-26s %6s %6s %7s %7s\n", "conformance clauses", "passed", "floor", "failed", "skipped")
	for _, g := range s.groups {
		rows, bad := g.judge(floors)
		table += rows
		problems = append(problems, bad...)
	}
	problems = append(problems, s.judgeSkips())
	fmt.Print("\n", table, "\n")
	return fmt.Sprintf("%d runs of the conformance tests", len(s.groups)), errors.Join(problems...)
}

func (s *session) judgeSkips() error {
	var problems []error
	for _, skip := range s.skips {
		problems = append(problems, fmt.Errorf("skipped, and not for a missing capability:\n%s", strings.TrimRight(skip, "\n")))
	}
	return errors.Join(problems...)
}

// judge gives the group's rows of the table and what is wrong with them.
func (g clauseGroup) judge(floors map[string]int) (rows string, problems []error) {
	counts := g.counts(floors)
	for _, backend := range slices.Sorted(maps.Keys(counts)) {
		t, name := counts[backend], g.name(backend)
		floor, known := floors[g.floorKey(backend)]
		row := fmt.Sprintf("%-26s %6d %6d %7d %7d", name, t.passed, floor, t.failed, t.skipped)
		switch {
		case t.passed == 0:
			problems = append(problems, fmt.Errorf("%s: not a single clause passed", name))
		case t.passed < floor:
			problems = append(problems, fmt.Errorf("%s: %d clauses passed, fewer than the %d of %s", name, t.passed, floor, floorsFile))
		case !known:
			row += fmt.Sprintf("  may be added to %s: %s %d", floorsFile, g.floorKey(backend), t.passed)
		case t.passed > floor:
			row += fmt.Sprintf("  may be raised to %d", t.passed)
		}
		rows += row + "\n"
	}
	return rows, problems
}
