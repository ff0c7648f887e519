package main

import (
	"strings"
	"testing"
)

// feed gives a log the lines of a stream.
func feed(label, stream string) *testLog {
	log := newTestLog(label)
	w := &lineWriter{line: log.line}
	w.Write([]byte(stream))
	w.flush()
	return log
}

func TestLogCounts(t *testing.T) {
	tests := []struct {
		name, stream string
		want         tally
	}{
		{"nothing", "", tally{}},
		{"one of each", `
{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"A"}
{"Action":"pass","Package":"p","Test":"A","Elapsed":0.1}
{"Action":"fail","Package":"p","Test":"B"}
{"Action":"skip","Package":"p","Test":"C"}
{"Action":"fail","Package":"p"}`, tally{1, 1, 1}},
		{"subtests count as well", `
{"Action":"pass","Package":"p","Test":"A/x"}
{"Action":"pass","Package":"p","Test":"A"}
{"Action":"pass","Package":"p"}`, tally{2, 0, 0}},
		{"a package without tests is no skipped test", `
{"Action":"output","Package":"p","Output":"?   \tp\t[no test files]\n"}
{"Action":"skip","Package":"p"}`, tally{}},
		{"a package that did not build is one failure", `
{"ImportPath":"p [p.test]","Action":"build-output","Output":"p.go:1:1: syntax error\n"}
{"ImportPath":"p [p.test]","Action":"build-fail"}
{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}`, tally{0, 1, 0}},
		{"so is one that ends in the middle of a test", `
{"Action":"run","Package":"p","Test":"A"}
{"Action":"output","Package":"p","Test":"A","Output":"panic: test timed out\n"}
{"Action":"fail","Package":"p"}`, tally{0, 1, 0}},
		{"a failure is its own package's", `
{"Action":"fail","Package":"p","Test":"A"}
{"Action":"fail","Package":"q"}
{"Action":"fail","Package":"p"}`, tally{0, 2, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := feed("", tt.stream).tally; got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestLogShowsFailures(t *testing.T) {
	log := feed("Wine 8.0, not Windows", `
{"Action":"output","Package":"p","Test":"Good","Output":"of no interest\n"}
{"Action":"output","Package":"p","Test":"Bad","Output":"bad_test.go:1: first\n"}
{"Action":"output","Package":"p","Test":"Bad","Output":"bad_test.go:2: second\n"}
{"Action":"pass","Package":"p","Test":"Good"}
{"Action":"fail","Package":"p","Test":"Bad"}
{"Action":"output","Package":"p","Test":"Hung","Output":"goroutine 7 [select]\n"}
{"Action":"output","Package":"p","Output":"exit status 2\n"}
{"Action":"fail","Package":"p"}
{"ImportPath":"q","Action":"build-output","Output":"q.go:1: syntax error\n"}
{"Action":"fail","Package":"q","FailedBuild":"q"}
go: some complaint`)
	const want = `=== p Bad [Wine 8.0, not Windows]
bad_test.go:1: first
bad_test.go:2: second
=== p [Wine 8.0, not Windows]
goroutine 7 [select]
exit status 2
=== q [Wine 8.0, not Windows]
q.go:1: syntax error
go: some complaint
`
	if got := strings.TrimLeft(log.failures.String(), "\n"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestLogShowsAFailureOnce(t *testing.T) {
	log := feed("", `
{"Action":"output","Package":"p","Test":"A","Output":"=== RUN   A\n"}
{"Action":"output","Package":"p","Test":"A/x","Output":"=== RUN   A/x\n"}
{"Action":"output","Package":"p","Test":"A/x","Output":"    --- FAIL: A/x (0.00s)\n"}
{"Action":"fail","Package":"p","Test":"A/x"}
{"Action":"output","Package":"p","Test":"A","Output":"--- FAIL: A (0.00s)\n"}
{"Action":"fail","Package":"p","Test":"A"}
{"Action":"output","Package":"p","Output":"FAIL\n"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p"}`)
	const want = "=== p A/x\n=== RUN   A/x\n    --- FAIL: A/x (0.00s)\n"
	if got := strings.TrimLeft(log.failures.String(), "\n"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if log.tally.failed != 2 {
		t.Errorf("%d tests failed, want 2", log.tally.failed)
	}
}

func TestLogJudgesSkips(t *testing.T) {
	tests := []struct {
		output string
		good   bool
	}{
		{`    a_test.go:5: capability: no datagram sockets\n`, true},
		{`a_test.go:5: capability: no datagram sockets\n`, true},
		{`    a_test.go:5: something else\n    a_test.go:6: capability: x\n`, true},
		{`    a_test.go:5: not today\n`, false},
		{`    a_test.go:5: the capability: is there\n`, false},
		{`    a_test.go:5: capability: \n`, false},
		{``, false},
	}
	for _, tt := range tests {
		t.Run(tt.output, func(t *testing.T) {
			log := feed("", `{"Action":"output","Package":"p","Test":"A","Output":"=== RUN   A\n`+tt.output+`"}
{"Action":"output","Package":"p","Test":"A","Output":"--- SKIP: A (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"A"}`)
			if good := len(log.badSkips) == 0; good != tt.good {
				t.Errorf("good is %v, bad skips are %q", good, log.badSkips)
			}
		})
	}
}

func TestLineWriter(t *testing.T) {
	var got []string
	w := &lineWriter{line: func(s string) { got = append(got, s) }}
	for _, part := range []string{"a", "b\nc", "\n", "\nd"} {
		w.Write([]byte(part))
	}
	w.flush()
	if want := "ab|c||d"; strings.Join(got, "|") != want {
		t.Errorf("got %q, want the lines of %q", got, want)
	}
}
