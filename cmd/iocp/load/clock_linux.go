package load

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// processClock reads the CPU time of another process, of all its threads, as
// clock_getcpuclockid(3) does: the kernel numbers these clocks by ^pid<<3, with
// 2 for the scheduler's own count (CPUCLOCK_SCHED in linux/posix-timers.h).
func processClock(pid int) (func() (time.Duration, error), error) {
	clock := ^int32(pid)<<3 | 2
	read := func() (time.Duration, error) {
		var ts unix.Timespec
		err := unix.ClockGettime(clock, &ts)
		return time.Duration(ts.Nano()), err
	}
	if _, err := read(); err != nil {
		return nil, fmt.Errorf("can't read the CPU time of process %d: %w: see that --server-pid is the server's", pid, err)
	}
	return read, nil
}
