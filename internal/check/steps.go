package main

import (
	"fmt"
	"slices"
	"strings"
)

// A step is one check. It returns a few words on what it did, for the line
// that reports it, and an error whose text is everything worth reading about
// a failure.
type step struct {
	name  string
	about string
	needs []string // Debian packages
	run   func(*session) (note string, err error)
}

// allSteps is in order of running: the quick ones that fail most often first.
// The clauses step reads what race and wine have found, so it comes last.
var allSteps = []step{
	{"gofmt", "every Go file is formatted", nil, gofmt},
	{"vet", "go vet of both modules for " + strings.Join(vetSystems, ", "), compiler, vet},
	{"staticcheck", "staticcheck of both modules for " + strings.Join(lintSystems, ", "), compiler, staticcheck},
	{"cross", "both modules compile for " + strings.Join(crossTargets, ", ") + ", and the library for " + strings.Join(libraryTargets, ", "), nil, cross},
	{"bench", "go vet and the tests of the module that compares servers", nil, bench},
	{"readme", "what README and docs have their reader do, in a copy with empty caches", append([]string{"git"}, compiler...), readme},
	{"race", "the tests in which goroutines meet, with the race detector and every backend required", compiler, race},
	{"fallbacks", "the conformance suite without what a kernel may lack (IOCP_DISABLE)", compiler, fallbacks},
	{"syscalls", "system calls for each operation of the echo server, counted by strace", []string{"strace"}, syscalls},
	{"wine", "the tests that ask Windows for something, built for it and run under Wine", wineNeeds, underWine},
	{"clauses", "conformance clauses passed per backend, against " + floorsFile, nil, clauses},
}

// compiler is what cgo, and so the race detector, needs. libc6-dev is only a
// recommendation of gcc's, and recommendations are not installed.
var compiler = []string{"gcc", "libc6-dev"}

// testSteps names the steps that run tests.
var testSteps = []string{"race", "fallbacks", "wine"}

func listSteps() {
	for _, st := range allSteps {
		fmt.Printf("%-12s %s\n", st.name, st.about)
	}
}

// choose picks the named steps, keeping their order. Choosing one that runs
// tests brings clauses along, which costs nothing and is where skips are judged.
func choose(from []step, only string) ([]step, error) {
	if only == "" {
		return from, nil
	}
	names := strings.Split(only, ",")
	for _, name := range names {
		if !slices.ContainsFunc(from, func(st step) bool { return st.name == name }) {
			return nil, fmt.Errorf("no step is named %q; -list shows them", name)
		}
	}
	if slices.ContainsFunc(names, func(name string) bool { return slices.Contains(testSteps, name) }) {
		names = append(names, "clauses")
	}
	var chosen []step
	for _, st := range from {
		if slices.Contains(names, st.name) {
			chosen = append(chosen, st)
		}
	}
	return chosen, nil
}
