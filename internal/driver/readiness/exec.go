//go:build linux || darwin || freebsd

package readiness

import (
	"syscall"

	"iocp/internal/driver"
	"iocp/internal/sys/sock"
)

// Exec carries out transfers.
type Exec interface {
	// Do performs every transfer of the batch without waiting and sets its N
	// and Errno. Several goroutines may call it at a time. It must not keep
	// anything of the batch.
	Do(batch []Transfer)

	// Batches reports whether transfers cost less together than one by one,
	// so that holding some back while there is other work pays.
	Batches() bool

	// Note is a remark for Stats.
	Note() string

	// Close releases what the Exec holds. Nothing is under way.
	Close()
}

// Transfer is one attempt to move bytes between a socket and an operation's
// buffers.
type Transfer struct {
	FD   int
	Send bool
	Peek bool     // receive without consuming
	Pipe bool     // FD is a pipe's: not for an Exec
	Bufs [][]byte // what to fill or send, VecMax buffers at most...
	Len  int      // ...of which so many bytes: at most driver.TransferMax

	// Msg is set for a datagram: it says all of the above again, and names
	// whom it goes to or came from.
	Msg *sock.Message

	N     int // the result: bytes moved, or
	Errno syscall.Errno

	s   *stream
	op  *driver.Op
	buf *driver.Buf
	err error // a failure that isn't the descriptor's
}

// do performs a batch. Pipes are not for the Exec, which sends and
// receives: what is between them goes to it.
func (p *Port) do(batch []Transfer) {
	from := 0
	for i := range batch {
		if batch[i].Pipe {
			p.doSockets(batch[from:i])
			batch[i].callPipe()
			from = i + 1
		}
	}
	p.doSockets(batch[from:])
}

func (p *Port) doSockets(batch []Transfer) {
	if len(batch) > 0 {
		p.exec.Do(batch)
	}
}

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

// Batches implements Exec.
func (Calls) Batches() bool { return false }

// Note implements Exec.
func (Calls) Note() string { return "" }

// Close implements Exec.
func (Calls) Close() {}
