package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// What became of a mutant.
const (
	killed    = "killed"
	sometimes = "sometimes" // a test failed, and passed when it was run once more
	survived  = "survived"
	unbuilt   = "unbuilt" // it doesn't compile, so it says nothing
)

const hangs = " (hangs)"

// A result is a mutant and what became of it.
type result struct {
	mutant
	Result  string  `json:"result"`
	By      string  `json:"by,omitempty"` // package and test
	Seconds float64 `json:"seconds"`
	Commit  string  `json:"commit"`
}

// trial is where mutants are tried.
type trial struct {
	dir       string                   // for the changed file
	timeouts  map[string]time.Duration // of stages, by name; see unchanged
	memoryMiB int
}

// unchanged shows that a test that fails does so because of a mutant, and sees how
// long the tests take: those that need much longer hang.
func (t *trial) unchanged(r room) error {
	t.timeouts = map[string]time.Duration{}
	for _, s := range r.tests {
		t.timeouts[s.String()] = timeoutMax
		begin := time.Now()
		if failed := t.test(s, ""); failed != "" && t.test(s, "") != "" {
			return fmt.Errorf("%s fails as it is: %s", s, failed)
		}
		t.timeouts[s.String()] = timeoutMin + 3*time.Since(begin)
	}
	return nil
}

const (
	timeoutMin = 35 * time.Second // a little more than most tests wait for anything
	timeoutMax = 10 * time.Minute
)

// try runs the tests that can see a mutant. A test that has failed is run once
// more, since it may have failed by itself.
func (t *trial) try(m mutant, tests []stage) (result, error) {
	r := result{mutant: m, Result: survived}
	overlay, err := t.overlay(m)
	if err != nil {
		return r, err
	}
	begin := time.Now()
	for _, s := range tests {
		by := t.test(s, overlay)
		if by == "" {
			continue
		}
		r.Result, r.By = t.verdict(by, s, overlay), s.String()+" "+by
		if r.Result != sometimes {
			break
		}
	}
	r.Seconds = time.Since(begin).Seconds()
	return r, nil
}

func (t *trial) verdict(by string, s stage, overlay string) string {
	switch {
	case by == unbuilt:
		return unbuilt
	case strings.HasSuffix(by, hangs):
		return killed
	case t.test(s, overlay) == "":
		return sometimes
	}
	return killed
}

// overlay writes the changed file and what go test must know of it.
func (t *trial) overlay(m mutant) (string, error) {
	src, err := os.ReadFile(m.File)
	if err != nil {
		return "", err
	}
	original, err := filepath.Abs(m.File)
	if err != nil {
		return "", err
	}
	changed, list := filepath.Join(t.dir, "changed.go"), filepath.Join(t.dir, "overlay.json")
	if err := os.WriteFile(changed, m.apply(src), 0o600); err != nil {
		return "", err
	}
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		return "", err
	}
	return list, os.WriteFile(list, replace, 0o600)
}

// test runs one package's tests and says which failed, or that the code doesn't
// build; nothing if all pass. overlay may be empty.
func (t *trial) test(s stage, overlay string) (failed string) {
	ctx, cancel := context.WithTimeout(context.Background(), t.timeouts[s.String()]+timeoutMax) // it has to be built first
	defer cancel()
	args := []string{"-c", fmt.Sprintf(`ulimit -d %d; exec "$@"`, t.memoryMiB<<10), "sh",
		"go", "test", "-vet=off", "-count=1", "-failfast", "-timeout", t.timeouts[s.String()].String()}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.CommandContext(ctx, "sh", append(append(args, s.pkg), s.args...)...)
	cmd.WaitDelay = time.Minute
	if s.env != "" {
		cmd.Env = append(cmd.Environ(), s.env)
	}
	out, err := cmd.CombinedOutput()
	if err == nil {
		return ""
	}
	return failure(string(out))
}

var (
	failLine    = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)
	runningLine = regexp.MustCompile(`(?m)^\s+(Test\S+) \([0-9.hms]+\)$`)
)

// failure finds in what go test has printed which test failed: the innermost.
func failure(out string) string {
	if strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]") {
		return unbuilt
	}
	name := ""
	for _, found := range failLine.FindAllStringSubmatch(out, -1) {
		if strings.HasPrefix(found[1], name) {
			name = found[1]
		}
	}
	running := runningLine.FindStringSubmatch(out)
	switch {
	case strings.Contains(out, "panic: test timed out") && running != nil:
		return running[1] + hangs
	case name != "":
		return name
	}
	return "(the process ends)"
}
