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
	env  string // as well, if any
	args []string
}

// String names the package, and what it's run with.
func (s stage) String() string { return strings.TrimSpace(s.env + " " + s.pkg) }

// withAllPolling has every worker poll from the beginning, as under a load that
// needs them all.
const withAllPolling = "IOCP_DISABLE=restraint"

// The tests that are left out count allocations, read the sources, or take long
// over what is decided elsewhere; and C26's can't hold when all poll.
const left = "Allocat|TestArchitecture|TestErrorsDocumented|TestSimSeeds|Descriptors|TestResetIsNever"

var (
	linuxTests       = stage{pkg: ".", args: []string{"-run", "/^(epoll|uring)$", "-skip", left}}
	rootTestsPolling = stage{pkg: ".", env: withAllPolling, args: []string{"-run", "/^(epoll|uring)$", "-skip", left + "|TestConformance/./C26_handled_in_any_order"}}
	modelTests       = stage{pkg: "./internal/model", args: []string{"-short", "-rapid.nofailfile"}}
	modelTestsPoll   = stage{pkg: "./internal/model", env: withAllPolling, args: []string{"-short", "-rapid.nofailfile"}}
	serverTests      = stage{pkg: "./server", args: []string{"-skip", left}}
)

var rooms = []room{
	{
		name:  "dispatch",
		files: []string{"internal/dispatch/*.go", "internal/driver/localqueue.go", "internal/driver/timers.go"},
		tests: []stage{{pkg: "./internal/dispatch"}, {pkg: "./internal/driver"}, modelTests, modelTestsPoll, linuxTests, rootTestsPolling},
	},
	{
		name:  "sched",
		files: []string{"internal/sched/*.go"},
		tests: []stage{{pkg: "./internal/sched"}, modelTests, linuxTests},
	},
	{
		name: "driver",
		files: []string{"internal/driver/direction.go", "internal/driver/list.go", "internal/driver/op.go",
			"internal/driver/setback.go", "internal/driver/standing.go"},
		tests: []stage{{pkg: "./internal/driver"}, {pkg: "./internal/driver/sim"}, linuxTests},
	},
	{
		name:  "readiness",
		files: []string{"internal/driver/readiness/*.go"},
		tests: []stage{{pkg: "./internal/driver/readiness"}, linuxTests, modelTestsPoll, rootTestsPolling},
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
