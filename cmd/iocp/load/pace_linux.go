package load

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// exactTimers gives the goroutine a thread of its own, whose waits end on the
// microsecond. The thread ends with its goroutine, so that nobody inherits its
// timer slack (PR_SET_TIMERSLACK, prctl(2)).
func exactTimers() {
	runtime.LockOSThread()
	unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
}

// newSleeper gives the thread's own nanosleep: time.Sleep may be a millisecond
// late in an idle process, since the Go runtime waits in epoll_wait for its
// timers too.
func newSleeper() (sleep func(time.Duration)) {
	exactTimers()
	return func(d time.Duration) {
		ts := unix.NsecToTimespec(int64(d))
		unix.Nanosleep(&ts, nil)
	}
}
