package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// required names the backends that have to be there on each system. Its tests
// fail rather than skip when one of those it is told of is not.
var required = map[string][]string{
	"linux":   {"uring", "epoll", "portable"},
	"windows": {"winport", "portable"},
}

func requiredOn(goos string) []string {
	if names, ok := required[goos]; ok {
		return names
	}
	return []string{"portable"}
}

func requireEnv(backends []string) string { return "IOCP_REQUIRE=" + strings.Join(backends, ",") }

// What hangs is given up. These bounds are several times what the tests take on two
// CPUs of their own, since they may have to share them: no test judges speed.
const (
	packageTimeout = "-timeout=15m"
	stepTimeout    = 30 * time.Minute
)

// sequential are packages in whose tests no two goroutines meet: the race detector
// makes them slow, and can find nothing. The readme step runs them, with go test work.
var sequential = []string{
	"internal/sched",  // a state machine; its callers lock, and are raced in all other packages
	"internal/locks",  // builds an echo server of its own and counts in that
	"internal/mutate", // starts go test on its own examples
	"internal/rename", // reads and writes files
}

// race runs the tests on this system, but for those that a race can't be in.
func race(s *session) (string, error) {
	backends := requiredOn(runtime.GOOS)
	env := []string{"CGO_ENABLED=1", requireEnv(backends)}
	packages, err := s.less(env, sequential)
	if err != nil {
		return "", err
	}
	log, err := s.goTest("race", "", env, packages, "-race", packageTimeout)
	s.groups = append(s.groups, clauseGroup{goos: runtime.GOOS, required: backends, verdicts: log.clauses})
	return log.tally.String(), err
}

// less is everything but the packages in some directories, as go list names them.
func (s *session) less(env, directories []string) ([]string, error) {
	out, err := s.run(goTool(time.Minute, env, append([]string{"list"}, everything...)...))
	packages := strings.Fields(out)
	for _, dir := range directories {
		n := len(packages)
		packages = slices.DeleteFunc(packages, func(p string) bool { return strings.HasSuffix(p, "/"+dir) })
		if err == nil && len(packages) != n-1 {
			err = fmt.Errorf("%d packages are at %s", n-len(packages), dir)
		}
	}
	return packages, err
}

// goTest runs go test on packages. The log is complete even if tests failed;
// the error then has the output of those.
func (s *session) goTest(name, label string, env, packages []string, flags ...string) (*testLog, error) {
	log := newTestLog(label)
	stream := &lineWriter{line: log.line}
	var to io.Writer = stream
	if s.record != "" {
		file, err := os.Create(filepath.Join(s.record, name+".json"))
		if err != nil {
			return log, err
		}
		defer file.Close()
		to = io.MultiWriter(stream, file)
	}
	args := append([]string{"test", "-json", "-count=1"}, flags...)
	cmd := goTool(stepTimeout, env, append(args, packages...)...)
	cmd.stdout = to
	_, err := s.run(cmd)
	stream.flush()

	if err == nil && log.tally.passed == 0 {
		err = errors.New("no test has run")
	}
	if err != nil {
		err = fmt.Errorf("%s%w", &log.failures, err)
		log.tally.failed = max(log.tally.failed, 1)
	}
	s.total.add(log.tally)
	s.skips = append(s.skips, log.badSkips...)
	return log, err
}

// A lineWriter hands on what is written to it in whole lines.
type lineWriter struct {
	line    func(string)
	partial []byte
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.partial = append(w.partial, p...)
	for {
		line, rest, found := bytes.Cut(w.partial, []byte("\n"))
		if !found {
			return len(p), nil
		}
		w.line(string(line))
		w.partial = rest
	}
}

// flush hands on a last line that no newline ended.
func (w *lineWriter) flush() {
	if len(w.partial) > 0 {
		w.line(string(w.partial))
		w.partial = nil
	}
}
