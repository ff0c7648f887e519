package model

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"iocp"
)

// TestModel runs random programs on every backend (-rapid.checks says how
// many; by default 100 each).
func TestModel(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		if backend != "sim" && underWine() {
			t.Skip("capability: Wine tells one operation of a reset and no other, and leaves some sends waiting behind it")
		}
		rapid.Check(t, func(t *rapid.T) { run(t, backend, alone, actions) })
	})
}

// onEach runs a test on every backend that this machine has. One that
// IOCP_REQUIRE names must be had.
func onEach(t *testing.T, test func(t *testing.T, backend string)) {
	for _, backend := range append(iocp.Backends(), "sim") {
		t.Run(backend, func(t *testing.T) {
			if err := iocp.Probe(backend); err != nil {
				if slices.Contains(strings.Split(os.Getenv("IOCP_REQUIRE"), ","), backend) {
					t.Fatal(err)
				}
				t.Skipf("capability: %v", err)
			}
			if l, err := net.Listen("tcp4", "127.0.0.2:0"); err == nil {
				l.Close()
			} else if backend != "sim" {
				t.Skipf("capability: the loopback interface has one address: %v", err)
			}
			test(t, backend)
		})
	}
}

// FuzzModel has the fuzzer write the programs, for the backend that the
// environment variable IOCP_BACKEND names, or the simulated one.
func FuzzModel(f *testing.F) {
	backend := os.Getenv("IOCP_BACKEND")
	if backend == "" {
		backend = "sim"
	}
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) { run(t, backend, alone, actions) }))
}

// run runs one program.
func run(t *rapid.T, backend string, team team, actions []string) {
	backend, rough := network(t, backend)
	p := newProgram(t, backend, rough, team)
	p.next = func() { acts[rapid.SampledFrom(actions).Draw(t, "action")](p) }
	for range rapid.IntRange(1, 150).Draw(t, "steps") {
		p.next()
	}
	p.finish()
}

// network draws which of the simulated networks it is, if it is to be one, and
// whether that does what networks can.
func network(t *rapid.T, backend string) (name string, rough bool) {
	if backend != "sim" {
		return backend, false
	}
	backend = fmt.Sprintf("sim:%d", rapid.Uint64().Draw(t, "network"))
	if rough = rapid.Bool().Draw(t, "rough"); rough {
		backend += ":rough"
	}
	return backend + "/model", rough
}
