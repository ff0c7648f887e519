// Package driver is the narrow interface between the completion port and the
// kernels it runs on.
//
// Everything that is the same everywhere is above: the queue, who waits and who
// runs in internal/dispatch, keys and the checks that need no kernel in the root
// package. A backend does four things: it starts operations, it finds out when
// they are over, it says so through a Sink, and it gives kernel resources back. A backend that keeps
// this interface passes porttest with nothing else.
package driver

import (
	"net"
	"net/netip"
	"time"
)

// Backend makes ports of one kind.
type Backend interface {
	// Name is the name users see: winport, uring, epoll, kqueue, portable, sim.
	Name() string

	// Open makes a port. It probes by doing: an error says why this kernel
	// can't hold the contract and, where there is one, the remedy; ErrLimit that
	// it could at another moment. A port opened is a port that works.
	Open(cfg Config, sink Sink) (Port, error)
}

// Config is what a backend needs to know of the port's configuration.
type Config struct {
	Pool    *Pool    // where RecvPooled takes its buffers
	Accepts *Accepts // where standing accepts are counted; nil for not at all
}

// Sink is where a backend reports that an operation is over. It is the engine
// (internal/dispatch), seen from below.
type Sink interface {
	// Complete queues op, whose result fields are set, and gives it up. A
	// backend calls it exactly once for each operation it accepted (for each
	// node of a standing one), in the order in which the operations of one
	// socket and direction were submitted; only one that was cancelled by
	// itself may overtake.
	//
	// order is that of op's direction, which the caller owns; nil sends the
	// packet through the global queue. by is the local queue of the poller that
	// completes op, or AnyPoller on a port where one polls at a time: then the
	// engine looks after its waiters when the poll returns. by is nil if nobody
	// polls: then it does so at once.
	//
	// It never blocks and never calls back into the backend except, when by is
	// nil, through Port.Wake or Poller.Wake.
	Complete(op *Op, order *Order, by *LocalQueue)

	// Backlog reports whether dequeued work is waiting to be handled, so
	// that work which may be batched (Port.Flush) is worth holding back.
	Backlog() bool

	// Deferred tells the port that Flush has something to do.
	Deferred()
}

// Port is one open completion port of a backend. The zones of the addresses that
// it is given are numbers, as the kernel knows them; the root turns those of the
// addresses that it gives back into names.
type Port interface {
	// Poll polls for no worker in particular, as Poller.Poll does: what it
	// completes goes into the global queue.
	Poll(timeout time.Duration) error

	// NewPoller makes the poller of one worker. What it completes goes into that
	// worker's local queue if the port has several pollers and local isn't nil,
	// and else into the global queue.
	NewPoller(local *LocalQueue) Poller

	// SeveralPoll reports whether any number may be polling at a time. If not, the
	// engine lets one in at a time.
	SeveralPoll() bool

	// Wake makes every poll under way, or else the next, return. Any goroutine.
	Wake()

	// Flush starts whatever submitted operations the backend held back to
	// batch them. Any goroutine.
	Flush()

	// NewStream makes a TCP socket, not yet connected or attached.
	NewStream(v6 bool) (Stream, error)

	// Listen makes a listening TCP socket, not yet attached.
	Listen(addr netip.AddrPort, opts ListenOptions) (Listener, error)

	// Note is a remark for Stats, such as a degraded mode; mostly empty.
	Note() string

	// Shut closes every attached handle, so that all their operations
	// complete. It doesn't wait. Handles can't be attached afterwards.
	Shut()

	// InFlight is the number of operations whose memory the kernel holds
	// and that need further Poll calls to come back. When it falls to 0 after
	// Shut, whoever is in Poll must return: the port that is being closed may
	// wait there for an operation that another Poll has brought back.
	InFlight() int

	// Close releases the port's own kernel resources. The root calls it
	// last, after Shut, with InFlight zero and nobody inside Poll.
	Close() error
}

// ListenOptions is the backend's share of the public listen options.
type ListenOptions struct {
	Backlog   int
	ReusePort bool
}

// Handle is what sockets and listeners have in common.
type Handle interface {
	// Attach binds the handle to p, a Port of the same backend. The root
	// calls it at most once per handle.
	Attach(p Port) error

	// Cancel asks for op to be given up and reports whether it was pending
	// here. It doesn't wait; the operation still completes, once.
	Cancel(op *Op) bool

	// CancelAll is Cancel for every pending operation; it reports how many.
	CancelAll() int

	// Close closes the handle, if it isn't closed already: the port's Shut
	// may have been first. Pending operations complete with net.ErrClosed. The descriptor is released when no transfer uses it.
	Close() error

	LocalAddr() netip.AddrPort
}

// Stream is a TCP socket of a backend. A method that takes an Op accepts the
// operation (nil: exactly one Sink.Complete follows) or refuses it (an error:
// none follows). The root has checked what it can: the handle is attached,
// the op is idle, the socket is connected where it must be.
type Stream interface {
	Handle
	Connect(op *Op, addr netip.AddrPort) error
	Recv(op *Op) error       // into op.Bufs()
	RecvPooled(op *Op) error // sets op.Buf, none held while waiting
	Send(op *Op) error       // all of op.Bufs(), or an error
	ShutdownSend() error     // after the sends already accepted
	Abort() error            // Close with a reset

	Bind(addr netip.AddrPort) error
	SetNoDelay(on bool) error
	SetAbortive(on bool) error                  // whether Close resets
	SetKeepAlive(cfg net.KeepAliveConfig) error // no field is zero; a negative one leaves what is
	RemoteAddr() netip.AddrPort

	// Undelivered is how many bytes of the sends accepted so far the peer
	// doesn't have: what is left of those pending, and of the rest what the
	// system holds, as far as it tells. It is 0 once the stream is closed.
	Undelivered() int64
}

// Napper is a Port that can sleep for well under a millisecond.
type Napper interface {
	Nap(d time.Duration)
}

// NowSender is a Stream that can send without an operation.
type NowSender interface {
	// SendNow sends what of b the system takes at once, if no send is pending:
	// a part, or nothing, which is ErrWouldBlock. It keeps nothing of b.
	SendNow(b []byte) (int, error)
}

// SelfConnected reports whether a TCP socket has been connected to itself: two
// ends that open at the same time meet (RFC 9293, 3.5), and so does a socket with
// itself when nobody listens where it connects to and the system chooses just
// that port for it. A backend reports that as refused, unless the port was asked
// for, by Bind.
func SelfConnected(local, remote netip.AddrPort) bool {
	return local.IsValid() && local == remote
}

// Listener is a listening TCP socket of a backend.
type Listener interface {
	Handle

	// Accept takes a KindAccept or a KindAcceptMany. The latter stands through
	// failures that pass: see Standing. It tells of the first of an episode by a
	// node with Err set and nothing accepted.
	Accept(op *Op) error
	TryAccept() (Stream, error)
}
