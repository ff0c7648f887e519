package iocp

import (
	"net/netip"

	"iocp/internal/driver"
)

// Completion is one dequeued packet.
type Completion struct {
	// Key is the key of the handle, as given to Associate; of a packet that was
	// posted, or of a timer, the one given to Post or After.
	Key any

	// Op is the operation that is over; the caller owns it again unless More
	// is set. Nil only for a packet posted with a nil Op.
	Op *Op

	// N is the number of bytes transferred, or the number given to Post. A
	// stream's end is N == 0 with a nil Err (except for a Recv into a buffer
	// of no length, which transfers nothing by design). A datagram with
	// N == 0 is an empty datagram.
	N int

	// Err is nil when the operation succeeded. Otherwise it is an *OpError of one
	// of the classes that are listed at ErrClosed.
	Err error

	// More says that a standing operation goes on: further completions of
	// the same Op follow, and it still belongs to the port.
	More bool

	// Buf holds the data of a RecvPooled; the caller must Release it.
	Buf Buf

	// Socket is the connection of an Accept or AcceptMany. It is the
	// caller's to associate and to close. Nil if there is an Err.
	Socket *Socket

	// From is who sent the datagram of a RecvFrom: over UDP an address, over
	// a Unix socket a path, which is empty for a sender that has none.
	From     netip.AddrPort
	FromPath string

	// To is the address of this machine that the datagram of a RecvFrom came
	// to, or the broadcast or multicast address. It is set for a UDP socket that
	// is bound to all addresses ([::] or 0.0.0.0), except by portable elsewhere
	// than on Linux; invalid otherwise. See Datagram.SendFrom.
	To netip.Addr
}

// Buf is a pooled buffer on loan. The zero value is no buffer. It may be
// copied, and released by any goroutine, but only once.
//
// One that is never released is lost to its socket, which isn't read from any
// more once it has lost as many as its credit (Config.BufferCredit):
// Stats.SocketsHeldByCredit counts such sockets. A build with -race or -tags
// invariants finds out who loses them: when the garbage collector comes upon a
// Buf that nobody can release any more, the process ends with a panic that names
// the call of Wait that gave it away. A Buf need not be released once its port is
// being closed.
type Buf struct {
	loan driver.Loan // of no size but in such a build, so not the last field
	b    *driver.Buf
	gen  uint32
}

// Bytes is the received data. The slice is valid until Release.
func (b Buf) Bytes() []byte {
	if b.b == nil {
		return nil
	}
	b.check()
	return b.b.Data[:b.b.N]
}

// Release gives the buffer back to the port. Releasing no buffer does
// nothing; releasing a buffer twice panics, since it may be somebody else's
// by then.
func (b Buf) Release() {
	if b.b != nil && !b.b.Repay(b.gen, b.loan) {
		b.b.Misused("Buf released twice")
	}
}

func (b Buf) check() {
	if b.b.Gen() != b.gen {
		b.b.Misused("Buf used after Release")
	}
}

// keyOf is the key that a completion reports. Nothing of op may be touched if d is a
// node of a standing accept: another worker may be taking its last completion.
func keyOf(d *driver.Op, op *Op) any {
	if d.Home() != nil || op == nil || op.on == nil {
		return d.Key()
	}
	return op.on.key
}

// over takes note of how an operation of the handle, which is nil for a post and a
// timer, has ended, and gives its error.
func (h *handle) over(d *driver.Op) error {
	if h == nil {
		return faultOf(d.Kind.String(), nil, d, d.Err)
	}
	if h.is == aSocket {
		driver.Outer[Socket](h).settle(d.Kind, d.Err)
	}
	if d.Err == nil {
		return nil
	}
	return faultOf(d.Kind.String(), h.origin(), d, d.Err)
}

// complete turns a dequeued node into what the caller sees, and gives the Op
// back to it if it is over, which it reports. It runs outside all locks.
func complete(d *driver.Op, c *Completion) (over bool) {
	home := d.Home()
	if home == nil {
		d.Reclaim()
	}
	if d.Kind == driver.KindSendFile {
		d.Err = fileSent(d)
	}
	var op *Op
	if of := d.Of(); of.Public {
		op = driver.Outer[Op](of)
	}
	*c = Completion{Key: keyOf(d, op), Op: op, N: d.N, Err: d.Err, More: d.More}
	if b := d.Buf(); b != nil {
		c.Buf = Buf{b.Lend(), b, b.Gen()}
	}
	if s := d.Accepted(); s != nil {
		c.Socket = newSocket(s, stConnected)
	}
	if d.Kind == driver.KindRecvFrom {
		c.From, c.FromPath = named(d.Name().Addr), d.Name().Path
		c.To = named(netip.AddrPortFrom(d.Name().Here, 0)).Addr()
	}
	// A node of a standing accept leads to an Op whose last completion another
	// worker may be taking: nothing of it may be touched here.
	if op == nil || home != nil {
		c.Err = faultOf(d.Kind.String(), nil, d, c.Err)
	} else {
		c.Err = op.on.over(d)
	}
	if home != nil {
		home.Recycle(d)
		return false
	}
	d.ResetResult()
	d.DropBufs()
	if op != nil {
		op.on = nil
	}
	d.Pending.End()
	return true
}
