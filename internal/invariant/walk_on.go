//go:build race || invariants

package invariant

import "sync/atomic"

var walked atomic.Int64

// Walk counts buffers that were gone through, for tests that hold how many an
// operation costs.
func Walk(buffers int) {
	unordered(func() { walked.Add(int64(buffers)) })
}

// Walked is how many this process has gone through.
func Walked() int64 { return walked.Load() }
