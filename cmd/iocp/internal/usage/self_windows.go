package usage

import (
	"fmt"
	"time"

	"golang.org/x/sys/windows"
)

// Self is this process's CPU time.
func Self() time.Duration {
	var created, exited, inKernel, inUser windows.Filetime
	if err := windows.GetProcessTimes(windows.CurrentProcess(), &created, &exited, &inKernel, &inUser); err != nil {
		return 0
	}
	return span(inKernel) + span(inUser)
}

// span is a FILETIME that counts from nothing, in units of 100 ns;
// Filetime.Nanoseconds is for dates.
func span(t windows.Filetime) time.Duration {
	return time.Duration(int64(t.HighDateTime)<<32|int64(t.LowDateTime)) * 100
}

// Kernel names the system.
func Kernel() string {
	v := windows.RtlGetVersion()
	return fmt.Sprintf("Windows %d.%d.%d", v.MajorVersion, v.MinorVersion, v.BuildNumber)
}

// Descriptors is the limit of open descriptors, which Windows doesn't have.
func Descriptors() (max uint64) { return 0 }
