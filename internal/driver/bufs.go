package driver

import "iocp/internal/invariant"

// TransferMax is how many bytes one transfer is asked to move, whatever the
// operation's buffers hold. Linux moves MAX_RW_COUNT bytes in a call, a page
// less than 2 GiB (read(2)); an io_uring entry, a WSABUF and ReadFile
// count in 32 bits. Package net takes the same figure, for the
// sake of Darwin and FreeBSD. Since it is below what any system can do, a
// transfer that moves less was cut short by its socket and by nothing else.
const TransferMax = 1 << 30

// severalBufs, as nbufs, says that the buffers are in many.
const severalBufs = 2

// cargo is what an operation is to move. A pooled receive has none, and most Ops
// of a server that is at rest are those. It is made when an op first needs it, and
// kept, in the place of the op's subject, which it has then.
type cargo struct {
	subject   any
	one       [1][]byte
	many      [][]byte // what several are in; the room in it is kept
	place     int32    // how many of Bufs are behind us: see Moved
	nbufs     uint8
	off, want int64
}

// carried is the op's cargo, or nil.
func (op *Op) carried() *cargo {
	c, _ := op.about.(*cargo)
	return c
}

// cargo is the op's cargo, which it has from now on.
func (op *Op) cargo() *cargo {
	c := op.carried()
	if c == nil {
		c = &cargo{subject: op.about}
		op.about = c
	}
	return c
}

// Off is where in a file the operation is.
func (op *Op) Off() int64 {
	if c := op.carried(); c != nil {
		return c.off
	}
	return 0
}

// SetOff says where in a file the operation is.
func (op *Op) SetOff(off int64) { op.cargo().off = off }

// Want is how many bytes a SendFile sends.
func (op *Op) Want() int64 {
	if c := op.carried(); c != nil {
		return c.want
	}
	return 0
}

// Bufs is what a Recv fills or a Send takes its bytes from. The slice of slices
// is the op's own copy: the caller's array is free after submit. What Moved has
// taken note of is no longer in it.
func (op *Op) Bufs() [][]byte {
	c := op.carried()
	switch {
	case c == nil:
		return nil
	case c.nbufs == severalBufs:
		return c.many
	}
	return c.one[:c.nbufs]
}

// SetBufs copies the slice headers of bufs into the op; of several, those that
// have a length, since the others may fill a transfer that has few places. It
// allocates only when an op meets more buffers than ever before.
func (op *Op) SetBufs(bufs [][]byte) {
	if len(bufs) == 0 && op.carried() == nil {
		return
	}
	c := op.cargo()
	c.place = 0
	if len(bufs) <= 1 {
		c.nbufs = uint8(copy(c.one[:], bufs))
		return
	}
	c.many = c.many[:0]
	for _, b := range bufs {
		if len(b) > 0 {
			c.many = append(c.many, b)
		}
	}
	c.nbufs = severalBufs
}

// SetOneBuf is SetBufs for a single buffer.
func (op *Op) SetOneBuf(b []byte) {
	c := op.cargo()
	c.one[0] = b
	c.nbufs, c.place = 1, 0
}

// Len is the number of bytes to be moved: those that Bufs holds, or what a
// SendFile wants. It looks at all of Bufs, so it isn't for every transfer of a
// Send: see Piece.
func (op *Op) Len() int {
	n := int(op.Want())
	for _, b := range op.Bufs() {
		n += len(b)
	}
	invariant.Walk(len(op.Bufs()))
	return n
}

// ahead is those of Bufs that Moved hasn't left behind.
func (op *Op) ahead() [][]byte {
	if c := op.carried(); c != nil {
		return op.Bufs()[c.place:]
	}
	return nil
}

// Left is how many bytes are still to be moved, as far as Moved has been told.
// The party that owns the op may ask.
func (op *Op) Left() int64 {
	if op.Kind == KindSendFile {
		return op.Want() - int64(op.N)
	}
	n := int64(0)
	for _, b := range op.ahead() {
		n += int64(len(b))
	}
	return n
}

// Piece is what the next transfer moves: the first bytes of bufs, which are what
// is left of the operation's buffers, but no more of them than most. This is
// where every transfer is given its bounds, however it is carried out.
func (op *Op) Piece(most int) (bufs [][]byte, bytes int) {
	bufs = op.ahead()
	bufs = bufs[:min(len(bufs), most)]
	invariant.Walk(len(bufs))
	for i, b := range bufs {
		if len(b) >= TransferMax-bytes {
			return bufs[:i+1], TransferMax
		}
		bytes += len(b)
	}
	return bufs, bytes
}

// Moved takes note of bytes that a Send has moved, and reports whether nothing
// is left. The op keeps its place, so that a Send of many buffers isn't gone
// through from the beginning again and again.
func (op *Op) Moved(n int) (over bool) {
	op.N += n
	bufs := op.ahead()
	gone := 0
	for gone < len(bufs) && n >= len(bufs[gone]) {
		n -= len(bufs[gone])
		bufs[gone] = nil
		gone++
	}
	invariant.Walk(gone)
	if gone > 0 {
		op.carried().place += int32(gone)
	}
	if gone < len(bufs) {
		bufs[gone] = bufs[gone][n:]
	}
	return gone == len(bufs) && int64(op.N) >= op.Want()
}

// Clip leaves TransferMax bytes in the buffers at most. It is for datagrams,
// which are moved in one transfer or not at all: no system has any of that size,
// so what is cut off changes nothing.
func (op *Op) Clip() {
	room := TransferMax
	for i, b := range op.Bufs() {
		op.Bufs()[i] = b[:min(len(b), room)]
		room -= min(len(b), room)
	}
}
