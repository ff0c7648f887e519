package sim

import "iocp/internal/driver"

// advance begins the transfers that may move something, and sends the end of
// the stream when it is due.
func (s *stream) advance() {
	if s.closed || s.err != nil {
		return
	}
	s.begin(&s.recv, s.receivable, s.receive)
	s.begin(&s.send, s.sendable, s.push)
	if s.finishing && !s.finished && s.send.ops.Front() == nil {
		s.finished = true
		s.transmit(s.peer.hearsEnd)
	}
}

func (s *stream) receivable(op *driver.Op) bool {
	if s.starved && op.Kind == driver.KindRecvPooled {
		return false
	}
	return s.in.size > 0 || s.in.ended
}

// receive takes what has arrived, or the end of it.
func (s *stream) receive(op *driver.Op) (over bool, err error) {
	if s.in.size == 0 {
		return true, nil
	}
	if op.Kind == driver.KindRecvPooled {
		buf := s.port.pool.Get(&s.acct, s)
		if buf == nil {
			s.starved = true // Kick comes when there is one
			return false, nil
		}
		op.SetOneBuf(buf.Data)
		op.SetBuf(buf)
	}
	if room := min(op.Len(), s.in.size); room > 0 {
		op.N = s.in.fill(op.Bufs(), s.chance.portion(room))
		s.peer.advance() // there is room for more
	}
	if buf := op.Buf(); buf != nil {
		buf.N = op.N
	}
	return true, nil
}

// Kick implements driver.Kicker. A stream that has lost interest in a pooled
// buffer lets the next have it.
func (s *stream) Kick() {
	s.net.mu.Lock()
	defer s.net.unlock()
	s.starved = false
	s.advance()
	op := s.recv.ops.Front()
	if s.closed || !s.recv.busy || op == nil || op.Kind != driver.KindRecvPooled {
		s.net.unlocks = append(s.net.unlocks, func() { s.port.pool.Forget(&s.acct) })
	}
}

// sendable reports whether there is room at the other end, or no need for it.
func (s *stream) sendable(op *driver.Op) bool { return left(op) == 0 || s.room() > 0 }

// left is how many bytes a send may move next; 0 is none at all.
func left(op *driver.Op) int {
	if op.Kind == driver.KindSendFile {
		return int(min(op.Want()-int64(op.N), driver.TransferMax))
	}
	_, bytes := op.Piece(piecesMax)
	return bytes
}

// piecesMax is of how many buffers a piece of a send is made at most.
const piecesMax = 16

// gone reports whether the other end is closed, or has given this connection up
// for another.
func (s *stream) gone() bool { return s.peer.closed || s.peer.peer != s }

// room is how many bytes the other end can take. One that is gone takes
// whatever comes, and answers with a reset.
func (s *stream) room() int {
	if s.gone() {
		return segment
	}
	in := &s.peer.in
	return in.window - in.size - in.coming
}

// push puts a part of a send on its way.
func (s *stream) push(op *driver.Op) (over bool, err error) {
	if n := min(left(op), s.room()); n > 0 {
		data, err := s.piece(op, s.chance.portion(n))
		if err != nil {
			return true, err
		}
		over = op.Moved(len(data))
		s.transmit(func(from *stream) { from.peer.hears(from, data) })
		if !s.gone() {
			s.peer.in.coming += len(data)
		}
	}
	return over || left(op) == 0, nil
}

// piece is the next n bytes of a send. There may be less in a file.
func (s *stream) piece(op *driver.Op, n int) ([]byte, error) {
	if op.Kind == driver.KindSendFile {
		return s.filePiece(op, n)
	}
	bufs, _ := op.Piece(piecesMax)
	return gather(bufs, n), nil
}

// fill moves n bytes to bufs, in order.
func (in *inbox) fill(bufs [][]byte, n int) int {
	var room []byte
	for left := n; left > 0; {
		for len(room) == 0 {
			room, bufs = bufs[0], bufs[1:]
		}
		k := copy(room[:min(len(room), left)], in.pieces[0])
		left -= k
		room = room[k:]
		if in.pieces[0] = in.pieces[0][k:]; len(in.pieces[0]) == 0 {
			in.pieces = in.pieces[1:]
		}
	}
	in.size -= n
	return n
}

// gather copies the first n bytes of bufs.
func gather(bufs [][]byte, n int) []byte {
	out := make([]byte, 0, n)
	for _, b := range bufs {
		out = append(out, b[:min(len(b), n-len(out))]...)
	}
	return out
}
