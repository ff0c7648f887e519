//go:build linux || freebsd

package sock

import (
	"time"

	"golang.org/x/sys/unix"
)

// Nap sleeps, or less if a signal comes (nanosleep(2)).
func Nap(d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	unix.Nanosleep(&ts, nil)
}
