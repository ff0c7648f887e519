//go:build race

package epoll

import (
	"runtime"
	"sync/atomic"
)

var counts [calls]atomic.Uint64

// count hides its counter from the race detector, to which an atomic that
// every system call adds to would put all of them in order.
func count(c Call) {
	runtime.RaceDisable()
	counts[c].Add(1)
	runtime.RaceEnable()
}

// Counted is how many calls of a kind this process has made.
func Counted(c Call) uint64 { return counts[c].Load() }
