//go:build race

package uring

import (
	"runtime"
	"sync/atomic"
)

var entered atomic.Uint64

// countEnter hides its counter from the race detector, to which an atomic that
// every system call adds to would put all of them in order.
func countEnter() {
	runtime.RaceDisable()
	entered.Add(1)
	runtime.RaceEnable()
}

// Entered is how many times this process has called io_uring_enter. Only a
// build with -race counts.
func Entered() uint64 { return entered.Load() }
