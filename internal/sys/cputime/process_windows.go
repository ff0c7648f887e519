package cputime

import (
	"time"

	"golang.org/x/sys/windows"
)

// Grain is what Process can tell apart: GetProcessTimes counts ticks of the system's
// clock, 64 a second.
const Grain = time.Second / 64

func process() (Usage, bool) {
	var created, exited, kernel, user windows.Filetime
	if windows.GetProcessTimes(windows.CurrentProcess(), &created, &exited, &kernel, &user) != nil {
		return Usage{}, false
	}
	return Usage{CPU: span(kernel) + span(user)}, true
}

// span is a FILETIME that is a length of time, in units of 100 ns.
func span(t windows.Filetime) time.Duration {
	return time.Duration(int64(t.HighDateTime)<<32|int64(t.LowDateTime)) * 100
}
