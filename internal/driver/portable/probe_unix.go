//go:build unix

package portable

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// readable reports whether a receive, or on a listener an accept, would return
// at once.
func readable(raw syscall.RawConn) bool {
	ready := false
	raw.Control(func(fd uintptr) {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, 0)
		ready = err == nil && n > 0
	})
	return ready
}

// severed reports whether a connection whose stream has ended is gone
// altogether, rather than shut down by the peer: it has no peer any more.
func severed(raw syscall.RawConn) bool {
	gone := false
	raw.Control(func(fd uintptr) {
		_, err := unix.Getpeername(int(fd))
		gone = err != nil
	})
	return gone
}
