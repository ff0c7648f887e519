package readiness

import "iocp/internal/sys/epoll"

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
	if t.Send {
		t.N, t.Errno = epoll.Send(t.FD, t.Bufs, t.Skip)
	} else {
		t.N, t.Errno = epoll.Recv(t.FD, t.Bufs, t.Peek)
	}
}

// Batches implements Exec.
func (Calls) Batches() bool { return false }

// Note implements Exec.
func (Calls) Note() string { return "" }

// Close implements Exec.
func (Calls) Close() {}
