// Package cputime reads the CPU time of this process.
package cputime

import "time"

// Process is the CPU time that all threads of the process have had so far, user and
// system; false if it can't be told. It grows in steps of Grain or finer.
func Process() (time.Duration, bool) { return process() }
