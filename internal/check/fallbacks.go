package main

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// A lessening is a kernel with less than this one has, and the backends that
// still have to be there.
type lessening struct {
	disable string // IOCP_DISABLE
	without []string
	skip    string // clauses that can't hold then: a pattern
}

// lessenings leave out single features first, then all.
var lessenings = []lessening{
	{"submit_all,rwf_append,epoll_pwait2", nil, "none"},
	{"restraint", nil, newestFirst},
	{"all", []string{"uring"}, newestFirst},
}

// newestFirst are clauses by which what the kernel has found goes to the newest
// waiter. Among several that poll the kernel chooses.
const newestFirst = "TestConformance/./C26_handled_in_any_order"

func (l lessening) required(goos string) []string {
	return slices.DeleteFunc(slices.Clone(requiredOn(goos)), func(name string) bool {
		return slices.Contains(l.without, name)
	})
}

// concerned are the backends that do something else without what is optional. The
// other two share the code that appends to files with epoll, poll with one worker
// in any case, and ask the kernel for nothing else.
const concerned = "-run=^TestConformance$/^(uring|epoll)$"

// fallbacks runs the conformance suite, with the race detector, as if the
// kernel lacked what is optional. It counts no clauses: the race step does.
func fallbacks(s *session) (string, error) {
	var errs []error
	var notes []string
	for _, l := range lessenings {
		env := []string{"CGO_ENABLED=1", "IOCP_DISABLE=" + l.disable, requireEnv(l.required(runtime.GOOS))}
		log, err := s.goTest("fallbacks-"+l.disable, "IOCP_DISABLE="+l.disable, env, []string{"."},
			"-race", packageTimeout, concerned, "-skip="+l.skip)
		errs = append(errs, err)
		notes = append(notes, fmt.Sprintf("without %s: %s", l.disable, log.tally))
	}
	return strings.Join(notes, "; "), errors.Join(errs...)
}
