// Package cputime reads what this process has had of the CPUs.
package cputime

import "time"

// Usage is what all threads of the process have had so far.
type Usage struct {
	CPU time.Duration // user and system; it grows in steps of Grain or finer

	// Preempted is how many times a thread that could have gone on had to make room
	// for another one. It stays 0 where the system doesn't count that.
	Preempted int64
}

// Process reads it; false if it can't be told.
func Process() (Usage, bool) { return process() }
