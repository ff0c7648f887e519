package usage

import (
	"fmt"
	"time"

	"golang.org/x/sys/windows"
)

// Self is this process's CPU time.
func Self() time.Duration {
	d, _ := ranFor(windows.CurrentProcess())
	return d
}

// span is a FILETIME that counts from nothing, in units of 100 ns;
// Filetime.Nanoseconds is for dates.
func span(t windows.Filetime) time.Duration {
	return time.Duration(int64(t.HighDateTime)<<32|int64(t.LowDateTime)) * 100
}

// Kernel names the system. Wine, whose ntdll.dll says so, has the version that it
// passes for.
func Kernel() string {
	v := windows.RtlGetVersion()
	name := fmt.Sprintf("Windows %d.%d.%d", v.MajorVersion, v.MinorVersion, v.BuildNumber)
	if windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil {
		name = "Wine as " + name
	}
	return name
}

// Descriptors is the limit of open descriptors, which Windows doesn't have.
func Descriptors() (max uint64) { return 0 }
