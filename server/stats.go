package server

import (
	"math"
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
	BytesIn   uint64
	BytesOut  uint64
	Queued    int    // bytes in the send queues of all connections
	QueueFull uint64 // messages refused with ErrQueueFull
	Panics    uint64 // callbacks that panicked

	Port iocp.Stats // of the port, or the first of them
}

// tally is what one worker counts. Workers have one each, on cache lines of
// their own, so that counting costs next to nothing.
type tally struct {
	receives, bytesIn atomic.Uint64
	sends, bytesOut   atomic.Uint64
	_                 [96]byte
}

// number is what tells a worker apart where there is little room: not 0. Two may
// have the same if there are very many.
func number(worker int) uint8 { return uint8(worker%math.MaxUint8) + 1 }

// tally is that of a worker, by its number; 0 is nobody's.
func (s *Server) tally(number uint8) *tally { return &s.tallies[max(int(number), 1)-1] }

func (t *tally) received(n int) {
	t.receives.Add(1)
	t.bytesIn.Add(uint64(n))
}

func (t *tally) sent(n int) {
	t.sends.Add(1)
	t.bytesOut.Add(uint64(n))
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
	for i := range s.tallies {
		t := &s.tallies[i]
		st.Receives += t.receives.Load()
		st.BytesIn += t.bytesIn.Load()
		st.Sends += t.sends.Load()
		st.BytesOut += t.bytesOut.Load()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Open, st.Accepted = len(s.conns), s.accepted
	for _, c := range s.conns {
		st.Queued += c.Queued()
	}
	return st
}
