package readiness

import (
	"sync"
	"sync/atomic"
)

// todo is what a transfer is worth trying on: streams with something to send,
// and streams with room for more data though no event has told of any since
// the last. Of the latter each Poll takes as many as it takes events; without
// that bound a few connections that are always ready would keep out those that
// wait behind an event.
type todo struct {
	n     atomic.Int32 // listed, changed with mu held: mostly there is nothing
	mu    sync.Mutex
	sends []*stream
	recvs []*stream
}

func (t *todo) side(send bool) *[]*stream {
	if send {
		return &t.sends
	}
	return &t.recvs
}

// add lists a side of a stream, and reports how many of its kind are listed now.
// The stream's lock is held by the caller.
func (t *todo) add(s *stream, send bool) int {
	q, list := s.queue(send), t.side(send)
	t.mu.Lock()
	if !q.listed {
		q.listed = true
		*list = append(*list, s)
		t.n.Add(1)
	}
	n := len(*list)
	t.mu.Unlock()
	return n
}

// any reports whether something is listed.
func (t *todo) any() bool { return t.n.Load() > 0 }

// collect takes sends off the list, and so many receives at most, and makes their
// transfers. It reports how many receives these are.
func (t *todo) collect(b *batch, recvsMost int) int {
	for t.take(b, true, batchMax) {
		b.begin(true)
		if len(b.transfers) > 0 {
			break
		}
	}
	sends := len(b.transfers)
	for t.take(b, false, min(batchMax, recvsMost)) {
		b.begin(false)
		if len(b.transfers) > sends {
			break
		}
	}
	return len(b.transfers) - sends
}

// take moves streams from a list to the batch and reports whether there were any.
func (t *todo) take(b *batch, send bool, most int) bool {
	if most == 0 || !t.any() {
		return false
	}
	list := t.side(send)
	t.mu.Lock()
	defer t.mu.Unlock()
	n := min(len(*list), most)
	t.n.Add(int32(-n))
	if n == 0 {
		return false
	}
	b.streams = append(b.streams[:0], (*list)[:n]...)
	rest := copy(*list, (*list)[n:])
	clear((*list)[rest:])
	*list = (*list)[:rest]
	return true
}

// begin makes the transfers of the batch's streams.
func (b *batch) begin(send bool) {
	for _, s := range b.streams {
		s.begin(send, &b.transfers)
	}
	clear(b.streams)
}

// kick sees to what is on a side's list, which has so many entries. If other work
// waits to be handled, and batches are cheaper or it is only a receive, they are
// tried together with what that work brings; else now. It must be called without
// any lock.
func (s *set) kick(send bool, listed int) {
	p := s.port
	if (!send || listed < heldMax && p.exec.Batches()) && p.sink.Backlog() {
		p.sink.Deferred()
		return
	}
	s.flush()
}
