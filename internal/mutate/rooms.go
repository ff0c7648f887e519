package main

import (
	"path/filepath"
	"slices"
	"strings"
)

// A room is some code and the tests that can see it.
type room struct {
	name  string
	files []string // patterns, from the root
	tests []stage  // cheapest first: most mutants get no further than the first
}

// A stage is the tests of one package.
type stage struct {
	pkg  string
	args []string
}

// The tests that are left out count allocations, read the sources, or take long
// over what is decided elsewhere.
var (
	rootTests   = stage{".", []string{"-skip", "TestSimSeeds|TestArchitecture|TestErrorsDocumented|Descriptors|TestResetIsNever|Allocat"}}
	linuxTests  = stage{".", []string{"-run", "/^(epoll|uring)$", "-skip", "Descriptors|TestResetIsNever|Allocat"}}
	modelTests  = stage{"./internal/model", []string{"-short"}}
	serverTests = stage{"./server", []string{"-skip", "Allocat"}}
)

var rooms = []room{
	{
		name: "dispatch",
		files: []string{"port.go", "tray.go", "worker.go", "wait.go", "watch.go", "review.go", "inflight.go", "timer.go", "close.go",
			"internal/driver/tray.go", "internal/driver/timers.go"},
		tests: []stage{{"./internal/driver", nil}, modelTests, rootTests, serverTests},
	},
	{
		name:  "sched",
		files: []string{"internal/sched/*.go"},
		tests: []stage{{"./internal/sched", nil}, modelTests, rootTests},
	},
	{
		name:  "readiness",
		files: []string{"internal/driver/readiness/*.go"},
		tests: []stage{{"./internal/driver/readiness", nil}, linuxTests, modelTests, serverTests},
	},
	{
		name:  "server",
		files: []string{"server/*.go"},
		tests: []stage{serverTests},
	},
}

// sources lists the room's files, without tests.
func (r room) sources() ([]string, error) {
	var all []string
	for _, pattern := range r.files {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	all = slices.DeleteFunc(all, func(f string) bool { return strings.HasSuffix(f, "_test.go") })
	slices.Sort(all)
	return all, nil
}
