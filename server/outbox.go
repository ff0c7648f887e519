package server

import "iocp"

// One send gathers no more than this. More would cost the kernel no less per
// byte, and would make the first bytes wait for the last.
const (
	gatherBufs  = 64
	gatherBytes = 64 << 10
)

// outbox is a connection's queue of messages, and the send that is in flight. All of
// it is guarded by the connection's mu, except that op and bufs belong to whoever
// starts the send while it is started.
type outbox struct {
	op       iocp.Op
	declined error // why op's send wasn't accepted; op is then a posted packet
	sending  bool  // something is queued, and a send in flight or about to be

	queue    []*Shared // oldest first; one reference each
	inFlight int       // so many of the queue are in the send that is in flight
	bytes    int       // in the queue
	headSent int       // bytes of the oldest that were sent before it was queued
	bufs     [][]byte  // what the send in flight was started with

	waiters waiters
}

// add queues a message, less what has been sent of it; something has only if
// the queue is empty. Bytes are copied behind those that wait already; a shared
// message is referred to.
func (o *outbox) add(m message, sent int) {
	if m.len() == sent {
		return // an empty one that has waited
	}
	if m.shared != nil {
		m.shared.Retain()
		o.queue = append(o.queue, m.shared)
		o.headSent = max(o.headSent, sent)
		o.bytes += len(m.shared.data) - sent
		return
	}
	for rest := m.data[sent:]; len(rest) > 0; {
		n := o.tail(len(rest)).fill(rest)
		rest = rest[n:]
		o.bytes += n
	}
}

// tail is a chunk with room at the end of the queue. A longer queue gets
// larger chunks: its messages are then sent with fewer buffers.
func (o *outbox) tail(want int) *Shared {
	if n := len(o.queue); n > o.inFlight {
		if last := o.queue[n-1]; last.growing && len(last.data) < cap(last.data) {
			return last
		}
	}
	c := newChunk(min(max(want, o.bytes), gatherBytes))
	c.growing = true
	o.queue = append(o.queue, c)
	return c
}

// gather chooses what the next send takes: the oldest, as much as is allowed,
// and at least one. The chosen chunks grow no more.
func (o *outbox) gather() {
	o.bufs = o.bufs[:0]
	size := -o.headSent
	for i, s := range o.queue {
		size += len(s.data)
		if len(o.bufs) == gatherBufs || len(o.bufs) > 0 && size > gatherBytes {
			break
		}
		o.bufs = append(o.bufs, s.data)
		if i == 0 {
			o.bufs[0] = s.data[o.headSent:]
		}
	}
	o.inFlight = len(o.bufs)
}

// dropSent drops what was in the send that is over.
func (o *outbox) dropSent() {
	for _, s := range o.queue[:o.inFlight] {
		o.bytes -= len(s.data)
		s.Release()
	}
	o.bytes += o.headSent
	o.headSent = 0
	n := copy(o.queue, o.queue[o.inFlight:])
	clear(o.queue[n:])
	o.queue = o.queue[:n]
	o.inFlight = 0
	clear(o.bufs)
}

// waiting is how many bytes are queued behind the send in flight.
func (o *outbox) waiting() (n int) {
	for _, s := range o.queue[o.inFlight:] {
		n += len(s.data)
	}
	return n
}

// drop forgets what waits behind the send in flight.
func (o *outbox) drop() {
	for i, s := range o.queue[o.inFlight:] {
		o.bytes -= len(s.data)
		s.Release()
		o.queue[o.inFlight+i] = nil
	}
	o.queue = o.queue[:o.inFlight]
}
