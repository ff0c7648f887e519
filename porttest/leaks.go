package porttest

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A survey is what may leak: goroutines of this module, by their stacks'
// headings, and open descriptors, where the system lists them.
type survey struct {
	goroutines  map[string]string // heading -> stack
	descriptors map[string]string // number -> target
}

func newSurvey() survey {
	return survey{goroutines: ourGoroutines(), descriptors: openDescriptors()}
}

// since lists what is there now and wasn't in the earlier survey.
func (now survey) since(earlier survey) []string {
	var left []string
	for id, stack := range now.goroutines {
		if _, had := earlier.goroutines[id]; !had {
			left = append(left, "goroutine "+stack)
		}
	}
	// A number may have been given to something else meanwhile.
	if extra := len(now.descriptors) - len(earlier.descriptors); extra > 0 {
		targets := slices.Sorted(maps.Values(now.descriptors))
		left = append(left, "descriptors: now "+strings.Join(targets, ", "))
	}
	return left
}

// lasting compares the survey with what is left when the deadline has passed.
func (earlier survey) lasting(deadline time.Time) error {
	var leaks []string
	if eventually(deadline, func() bool { leaks = newSurvey().since(earlier); return len(leaks) == 0 }) {
		return nil
	}
	return fmt.Errorf("left over:\n%s", strings.Join(leaks, "\n"))
}

// ourGoroutines finds the goroutines, except the caller's, that run or were
// started by code of this module.
func ourGoroutines() map[string]string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	stacks := bytes.Split(buf, []byte("\n\n"))
	found := map[string]string{}
	for _, stack := range stacks[1:] { // the first is the caller's
		heading, frames, _ := strings.Cut(string(stack), "\n")
		if strings.Contains(frames, "iocp") {
			id, _, _ := strings.Cut(strings.TrimPrefix(heading, "goroutine "), " ")
			found[id] = string(stack)
		}
	}
	return found
}

// openDescriptors reads Linux's /proc/self/fd. Elsewhere it finds nothing, also
// under Wine, which shows the directory but no links.
func openDescriptors() map[string]string {
	const dir = "/proc/self/fd"
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var open map[string]string
	for _, e := range entries {
		// The descriptor that ReadDir itself had is closed by now.
		target, err := os.Readlink(filepath.Join(dir, e.Name()))
		if err != nil {
			continue
		}
		if open == nil {
			open = map[string]string{}
		}
		open[e.Name()] = target
	}
	return open
}
