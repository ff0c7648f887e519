package server

import (
	"sync/atomic"

	"iocp"
)

// Stats is a snapshot of a server. Counts are since New.
type Stats struct {
	Open      int    // connections between accept and the end of OnClose
	Accepted  uint64 // connections that got a Conn
	Refused   uint64 // connections reset at once: ConnsMax, or no association
	Receives  uint64 // completed receives, ends of stream included
	Sends     uint64 // completed sends, each of what was gathered for it
	BytesIn   uint64 // received
	BytesOut  uint64 // sent: taken by the system, not necessarily received
	Queued    int    // bytes in the send queues of all connections
	QueueFull uint64 // messages refused with ErrQueueFull
	Panics    uint64 // callbacks that panicked, or ended their goroutine

	Port iocp.Stats // of the port, or the first of them
}

// tally is what one worker counts. Workers have one each, on cache lines of
// their own, so that counting costs next to nothing.
type tally struct {
	receives, bytesIn atomic.Uint64
	sends, bytesOut   atomic.Uint64
	_                 [96]byte
}

func (t *tally) received(n int) {
	t.receives.Add(1)
	t.bytesIn.Add(uint64(n))
}

func (t *tally) sent(n int) {
	t.sends.Add(1)
	t.bytesOut.Add(uint64(n))
}

func (st *Stats) count(t *tally) {
	st.Receives += t.receives.Load()
	st.BytesIn += t.bytesIn.Load()
	st.Sends += t.sends.Load()
	st.BytesOut += t.bytesOut.Load()
}

// Stats reads the server's state. It visits every connection, with the lock
// that opening and closing connections takes.
func (s *Server) Stats() Stats {
	st := Stats{
		Refused:   s.refused.Load(),
		QueueFull: s.queueFull.Load(),
		Panics:    s.panics.Load(),
		Port:      s.Port().Stats(),
	}
	st.count(&s.nobody.tally)
	for _, pool := range s.pools {
		pool.mu.Lock()
		for _, m := range pool.members {
			st.count(&m.tally)
		}
		pool.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Open, st.Accepted = len(s.conns), s.accepted
	for _, c := range s.conns {
		st.Queued += c.Queued()
	}
	return st
}
