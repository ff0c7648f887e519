package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A tally counts tests and subtests.
type tally struct{ passed, failed, skipped int }

func (t tally) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", t.passed, t.failed, t.skipped)
}

func (t *tally) add(o tally) {
	t.passed += o.passed
	t.failed += o.failed
	t.skipped += o.skipped
}

// An event is a line of go test -json; see go doc test2json.
type event struct {
	Action      string
	Package     string
	Test        string
	Output      string
	ImportPath  string // of a build event
	FailedBuild string // of a package that failed to build: its build's ImportPath
}

type testID struct{ pkg, test string } // test is "" for the package itself

// A testLog reads the events of one go test and keeps what matters after it:
// counts, the output of what failed, skips, and results of clauses.
type testLog struct {
	label    string // said with each failure and skip, if not empty
	tally    tally
	failures strings.Builder
	badSkips []string
	clauses  map[clauseID]string // the clause's verdict: pass, fail or skip

	output map[testID]*strings.Builder // of what has not finished yet
	order  []testID                    // of output
	builds map[string]string           // build output
	below  map[testID]int              // failed tests below a test or a package
}

func newTestLog(label string) *testLog {
	return &testLog{
		label:   label,
		clauses: map[clauseID]string{},
		output:  map[testID]*strings.Builder{},
		builds:  map[string]string{},
		below:   map[testID]int{},
	}
}

// line takes a line of the stream. One that is no event (go prints some errors
// as plain text) is kept with the failures, which are shown if go test failed.
func (l *testLog) line(raw string) {
	var e event
	if json.Unmarshal([]byte(raw), &e) != nil || e.Action == "" {
		l.failures.WriteString(raw + "\n")
		return
	}
	id := testID{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		l.builds[e.ImportPath] += e.Output
	case "output":
		if l.output[id] == nil {
			l.output[id] = new(strings.Builder)
			l.order = append(l.order, id)
		}
		l.output[id].WriteString(e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			l.packageDone(e)
		} else {
			l.testDone(id, e.Action)
		}
	}
}

func (l *testLog) testDone(id testID, action string) {
	out := l.take(id)
	switch action {
	case "pass":
		l.tally.passed++
	case "fail":
		l.tally.failed++
		l.fail(id, out)
	case "skip":
		l.tally.skipped++
		if !lacksCapability(out) {
			l.badSkips = append(l.badSkips, l.title(id)+"\n"+out)
		}
	}
	l.noteClause(id.test, action)
}

// packageDone ends a package. If it failed without a failed test (it did not
// build, panicked or ran out of time) that counts as one failed test, and the
// tests it was in the middle of are shown.
func (l *testLog) packageDone(e event) {
	var rest strings.Builder
	rest.WriteString(l.builds[e.FailedBuild])
	for _, id := range l.order {
		if id.pkg == e.Package {
			rest.WriteString(l.take(id))
		}
	}
	if id := (testID{pkg: e.Package}); e.Action == "fail" {
		if l.below[id] == 0 {
			l.tally.failed++
		}
		l.fail(id, rest.String())
	}
}

func (l *testLog) take(id testID) string {
	out := l.output[id]
	delete(l.output, id)
	if out == nil {
		return ""
	}
	return out.String()
}

// fail keeps the output of a failure, unless it says nothing else than that
// something below it failed, which has been kept already.
func (l *testLog) fail(id testID, out string) {
	if l.below[id] == 0 || !onlyFrame(out) {
		fmt.Fprintf(&l.failures, "%s\n%s", l.title(id), abridge(out))
	}
	for above := id; above.test != ""; {
		above.test = above.test[:max(0, strings.LastIndex(above.test, "/"))]
		l.below[above]++
	}
}

func (l *testLog) title(id testID) string {
	title := strings.TrimSpace("=== " + id.pkg + " " + id.test)
	if l.label != "" {
		title += " [" + l.label + "]"
	}
	return title
}
