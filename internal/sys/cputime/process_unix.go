//go:build unix

package cputime

import (
	"time"

	"golang.org/x/sys/unix"
)

// Grain is what Process can tell apart: getrusage(2) counts microseconds.
const Grain = time.Microsecond

func process() (Usage, bool) {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return Usage{}, false
	}
	return Usage{time.Duration(u.Utime.Nano() + u.Stime.Nano()), int64(u.Nivcsw)}, true
}
