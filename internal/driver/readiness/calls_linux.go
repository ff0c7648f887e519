package readiness

import (
	"golang.org/x/sys/unix"

	"iocp/internal/sys/sock"
)

// Calls carries out each transfer by a system call of its own.
type Calls struct{}

// Do implements Exec.
func (Calls) Do(batch []Transfer) {
	for i := range batch {
		batch[i].Call()
	}
}

// Call carries out one transfer by a system call.
func (t *Transfer) Call() {
	switch {
	case t.Msg != nil && t.Send:
		t.N, t.Errno = sock.SendMessage(t.FD, t.Msg)
	case t.Msg != nil:
		t.N, t.Errno = sock.RecvMessage(t.FD, t.Msg)
	case t.Send:
		t.N, t.Errno = sock.Send(t.FD, t.Bufs, t.Len)
	default:
		t.N, t.Errno = sock.Recv(t.FD, t.Bufs, t.Len, t.Peek)
	}
}

// Gather describes to the kernel what the transfer moves, and reports how many
// vectors that takes.
func (t *Transfer) Gather(iov *[VecMax]unix.Iovec) int {
	return sock.Gather(iov, t.Bufs, t.Len)
}

// Batches implements Exec.
func (Calls) Batches() bool { return false }

// Note implements Exec.
func (Calls) Note() string { return "" }

// Close implements Exec.
func (Calls) Close() {}
