package load

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// newSleeper gives a thread's own nanosleep, to the microsecond: time.Sleep
// may be a millisecond late in an idle process, since the Go runtime waits in
// epoll_wait for its timers too. The thread ends with its goroutine, so that
// nobody inherits its timer slack (PR_SET_TIMERSLACK, prctl(2)).
func newSleeper() (sleep func(time.Duration)) {
	runtime.LockOSThread()
	unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	return func(d time.Duration) {
		ts := unix.NsecToTimespec(int64(d))
		unix.Nanosleep(&ts, nil)
	}
}
