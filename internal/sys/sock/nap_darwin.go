package sock

import (
	"time"

	"golang.org/x/sys/unix"
)

// Nap sleeps, or less if a signal comes (select(2)).
func Nap(d time.Duration) {
	tv := unix.NsecToTimeval(int64(d))
	unix.Select(0, nil, nil, nil, &tv)
}
