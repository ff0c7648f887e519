//go:build linux || darwin || freebsd

package readiness

import (
	"sync"
	"sync/atomic"
)

// readyList is the streams on which a transfer is worth trying: those with something
// to send, and those with room for more data though no event has told of any since
// the last. Of the latter each Poll takes as many as it takes events; without that
// bound a few connections that are always ready would keep out those that wait
// behind an event.
type readyList struct {
	n     atomic.Int32 // listed, changed with mu held: mostly there is nothing
	mu    sync.Mutex
	sends []*stream
	recvs []*stream
}

func (l *readyList) side(send bool) *[]*stream {
	if send {
		return &l.sends
	}
	return &l.recvs
}

// add lists a side of a stream, and reports how many of its kind are listed now.
// The stream's lock is held by the caller.
func (l *readyList) add(s *stream, send bool) int {
	q, list := s.queue(send), l.side(send)
	l.mu.Lock()
	if !q.listed {
		q.listed = true
		*list = append(*list, s)
		l.n.Add(1)
	}
	n := len(*list)
	l.mu.Unlock()
	return n
}

// any reports whether something is listed.
func (l *readyList) any() bool { return l.n.Load() > 0 }

// collect takes sends off the list, and so many receives at most, and makes their
// transfers. It reports how many receives these are.
func (l *readyList) collect(b *batch, recvsMost int) int {
	for l.take(b, true, batchMax) {
		b.begin(true)
		if len(b.transfers) > 0 {
			break
		}
	}
	sends := len(b.transfers)
	for l.take(b, false, min(batchMax, recvsMost)) {
		b.begin(false)
		if len(b.transfers) > sends {
			break
		}
	}
	return len(b.transfers) - sends
}

// take moves streams from a list to the batch and reports whether there were any.
func (l *readyList) take(b *batch, send bool, most int) bool {
	if most == 0 || !l.any() {
		return false
	}
	list := l.side(send)
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(*list), most)
	l.n.Add(int32(-n))
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

// schedule has a side's part of the ready list, which has so many entries, tried:
// now or, if other work waits to be handled and batches are cheaper or it is only a
// receive, together with what that work brings. It must be called without any lock.
func (s *set) schedule(send bool, listed int) {
	p := s.port
	if (!send || listed < heldMax && p.exec.Batches()) && p.sink.Backlog() {
		p.sink.Deferred()
		return
	}
	s.flush()
}
