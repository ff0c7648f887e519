//go:build race

package calls

import (
	"runtime"
	"sync/atomic"
)

var made [kinds]atomic.Uint64

// Count counts a call that is about to be made. It hides its counter from the race
// detector, to which an atomic that every system call adds to would put all of
// them in order.
func Count(c Call) {
	runtime.RaceDisable()
	made[c].Add(1)
	runtime.RaceEnable()
}

// Made is how many calls of a kind this process has made.
func Made(c Call) uint64 { return made[c].Load() }
