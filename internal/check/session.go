package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

// A session is one run of the program: what the steps share.
type session struct {
	ctx     context.Context
	scratch string // a private directory, removed at the end
	record  string // where to keep test streams, or ""
	total   tally
	groups  []clauseGroup // one for each finished run of the conformance tests
	skips   []string      // tests skipped for a reason that is no lack of a capability
}

func newSession(ctx context.Context, record string) (*session, error) {
	if record != "" {
		if err := os.MkdirAll(record, 0o777); err != nil {
			return nil, err
		}
	}
	scratch, err := os.MkdirTemp("", "iocp-check-")
	return &session{ctx: ctx, scratch: scratch, record: record}, err
}

func (s *session) close() { os.RemoveAll(s.scratch) }

// runAll runs the steps in order, all of them even after a failure, since a
// run is long and one that stops early has to be repeated for the next error.
func (s *session) runAll(steps []step) bool {
	install := step{name: "install", run: func(s *session) (string, error) {
		return installPackages(s, packagesFor(steps))
	}}
	start := time.Now()
	var failed []string
	for _, st := range append([]step{install}, steps...) {
		if s.ctx.Err() != nil {
			failed = append(failed, "interrupted before "+st.name)
			break
		}
		if !s.runOne(st) {
			failed = append(failed, st.name)
		}
	}
	took := time.Since(start).Seconds()
	if len(failed) > 0 {
		fmt.Printf("\nFAIL in %.1fs: %s\n", took, strings.Join(failed, ", "))
		return false
	}
	fmt.Printf("\nall steps passed in %.1fs\n", took)
	return true
}

// runOne runs a step and prints its line, and after a failing one what failed.
func (s *session) runOne(st step) bool {
	start := time.Now()
	note, err := st.run(s)
	word := "ok"
	if err != nil {
		word = "FAIL"
	}
	line := fmt.Sprintf("%-4s  %-12s %6.1fs  %s", word, st.name, time.Since(start).Seconds(), note)
	fmt.Println(strings.TrimRight(line, " "))
	if err != nil {
		fmt.Println(strings.TrimRight(err.Error(), "\n"))
	}
	return err == nil
}
