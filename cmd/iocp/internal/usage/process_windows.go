package usage

import (
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/windows"
)

// Open finds a process, whose number isn't given to another meanwhile. How much
// memory it occupies isn't read.
func Open(pid int) (*Process, error) {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return nil, fmt.Errorf("can't read the CPU time of process %d: %w", pid, err)
	}
	p := &Process{
		cpu: func() (time.Duration, error) { return ranFor(h) },
		rss: func() int64 { return 0 },
	}
	runtime.AddCleanup(p, func(h windows.Handle) { windows.CloseHandle(h) }, h)
	return p, nil
}

// ranFor is the CPU time of a process.
func ranFor(process windows.Handle) (time.Duration, error) {
	var created, exited, inKernel, inUser windows.Filetime
	if err := windows.GetProcessTimes(process, &created, &exited, &inKernel, &inUser); err != nil {
		return 0, err
	}
	return span(inKernel) + span(inUser), nil
}
