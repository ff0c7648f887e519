package iocp_test

import (
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"iocp"
)

// bound is how long anything in these tests may take before it counts as hung.
const bound = 30 * time.Second

// anyPort is a loopback address with a port that the system chooses.
var anyPort = netip.MustParseAddrPort("127.0.0.1:0")

// onBackends runs a test on every backend that this system allows.
func onBackends(t *testing.T, test func(t *testing.T, backend string)) {
	required := strings.Split(os.Getenv("IOCP_REQUIRE"), ",")
	for _, b := range iocp.Backends() {
		t.Run(b, func(t *testing.T) {
			err := iocp.Probe(b)
			if err != nil && slices.Contains(required, b) {
				t.Fatalf("%s is required: %v", b, err)
			}
			if err != nil {
				t.Skipf("capability: %v", err)
			}
			test(t, b)
		})
	}
}

// onBackendsAndSim is onBackends with the simulator besides.
func onBackendsAndSim(t *testing.T, test func(t *testing.T, backend string)) {
	onBackends(t, test)
	t.Run("sim", func(t *testing.T) { test(t, "sim:1") })
}

func newPort(t *testing.T, cfg iocp.Config) *iocp.Port {
	t.Helper()
	p, err := iocp.New(cfg)
	check(t, err)
	return p
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// within fails the test, with every goroutine's stack, unless done is closed
// in time.
func within(t *testing.T, what string, p *iocp.Port, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(bound):
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		t.Fatalf("%s hangs: %+v\n%s", what, p.Stats(), stacks)
	}
}

// inBackground runs f and tells when it is over.
func inBackground(f func()) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	return done
}
