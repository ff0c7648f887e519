package readiness

import (
	"golang.org/x/sys/unix"

	"iocp/internal/sys/sock"
)

// Gather describes to the kernel what the transfer moves, and reports how many
// vectors that takes.
func (t *Transfer) Gather(iov *[VecMax]unix.Iovec) int {
	return sock.Gather(iov, t.Bufs, t.Len)
}
