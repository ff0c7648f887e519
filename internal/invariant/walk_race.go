//go:build race

package invariant

import "runtime"

// unordered hides an atomic of every operation from the race detector, to which
// it would put all of them in order.
func unordered(f func()) {
	runtime.RaceDisable()
	f()
	runtime.RaceEnable()
}
