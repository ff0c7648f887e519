// Package porttest is the completion-port contract as a test suite: one
// subtest per clause, named by the clause's number in docs/contract.md and a
// word, such as C60_eof. A backend that passes is a completion port.
//
// The other end of every connection is package net's, on the loopback
// interface, so that a backend can't agree with itself on something wrong; but
// for a simulated network, which package net has no way into (see Sim).
// Clauses wait for events, and all of a clause's waits share one bound; none
// retries, and none takes silence for an answer after a while. A clause also
// fails when an operation has no completion or a second one, or when a
// goroutine, a descriptor or a pooled buffer is left over.
package porttest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"iocp"
)

// A Harness says how to make the ports under test.
type Harness struct {
	// Name is the name of the backend, which the ports' Stats must confirm.
	Name string

	// New makes a port, or ends the test with t.Fatal.
	New func(t testing.TB, cfg iocp.Config) *iocp.Port

	// Lacks names clauses, such as C60_eof, that can't hold here through no
	// fault of the backend, with the reason. They are skipped.
	Lacks map[string]string

	virtual bool // the foreign ends are sockets of the backend: see Sim
	crowded bool // others are tried in this process meanwhile: see SimSeeds
}

// Run runs every clause as a subtest of t, one after the other.
func Run(t *testing.T, h Harness) {
	warmUp(t, h)
	for _, c := range clauses {
		t.Run(c.name(), func(t *testing.T) { c.try(t, h) })
	}
}

// Conformance runs every clause on every backend that this system has, as
// subtests such as uring/C60_eof, and on the simulated one. A backend that
// can't be had is skipped with the reason as missing capability, or fails if
// the environment variable IOCP_REQUIRE, a list separated by commas, names it.
func Conformance(t *testing.T) {
	required := requiredBackends()
	names := iocp.Backends()
	for _, name := range required {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			if err := iocp.Probe(name); err != nil {
				if slices.Contains(required, name) {
					t.Fatalf("IOCP_REQUIRE names %s: %v", name, err)
				}
				t.Skipf("capability: %v", err)
			}
			Run(t, named(name))
		})
	}
	t.Run("sim", func(t *testing.T) { Run(t, Sim(1)) })
}

// named is the harness of a backend that iocp.New knows.
func named(backend string) Harness {
	return Harness{Name: backend, Lacks: lacking(backend), New: func(t testing.TB, cfg iocp.Config) *iocp.Port {
		t.Helper()
		cfg.Backend = backend
		p, err := iocp.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}}
}

func requiredBackends() []string {
	return strings.FieldsFunc(os.Getenv("IOCP_REQUIRE"), func(r rune) bool { return r == ',' || r == ' ' })
}

// warmUp uses the backend, package net and package os once before any clause, so that what
// they keep for good (the runtime's poller, say) isn't taken for a leak.
func warmUp(t testing.TB, h Harness) {
	tr := newTrial(t, h, iocp.Config{})
	defer tr.tidy()
	tr.pair(nil)
	tr.must(os.WriteFile(filepath.Join(t.TempDir(), "file"), nil, 0o600))
}
