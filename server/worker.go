package server

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"iocp"
)

// crew is the workers of one port: so many as were asked for, and one more for
// each that is blocked in a callback (see Conn.Blocking). So there are always as
// many to wait for packets, and no more than there are connections besides.
type crew struct {
	srv  *Server
	port *iocp.Port
	size int // asked for

	mu      sync.Mutex
	members []*member // all that have ever been needed at a time
	spare   []*member // of these, whose goroutine has ended
	blocked int
}

// member is one worker.
type member struct {
	crew    *crew
	worker  *iocp.Worker // its goroutine's
	extra   bool         // stands in for one that is blocked
	blocked bool
	tally   tally

	first turn // a receiving chain's callback that has sent nothing yet
	later turn // any other
}

// A turn is a callback that runs, as its connection knows it. Whoever makes it
// the connection's, in place of nil, may run callbacks, until it is nil again.
type turn struct{ by *member }

func newMember(cr *crew) *member {
	m := &member{crew: cr}
	m.first.by, m.later.by = m, m
	return m
}

// idleMax is how long an extra worker waits in vain before it ends.
const idleMax = time.Second

// startWorkers starts the workers, once.
func (s *Server) startWorkers() {
	s.workersOnce.Do(func() {
		for _, crew := range s.crews {
			crew.mu.Lock()
			for range crew.size {
				crew.add(false)
			}
			crew.mu.Unlock()
		}
	})
}

// add starts a worker. The caller holds mu.
func (cr *crew) add(extra bool) {
	var m *member
	if n := len(cr.spare); n > 0 {
		m, cr.spare = cr.spare[n-1], cr.spare[:n-1]
	} else {
		m = newMember(cr)
		cr.members = append(cr.members, m)
	}
	m.extra = extra
	cr.srv.workers.Add(1)
	go m.work()
}

// work is a worker: it dequeues one packet at a time, so that those behind a
// handler that blocks are reached by the others. A callback that ends the
// goroutine has another take its place.
func (m *member) work() {
	s, over := m.crew.srv, false
	defer func() {
		if !over {
			go m.work()
			return
		}
		s.workers.Done()
	}()
	m.worker = m.crew.port.WorkerContext(s.working)
	defer m.worker.Close()
	var one [1]iocp.Completion
	for m.wait(&one) {
		s.handle(&one[0], m)
		one[0] = iocp.Completion{} // keeps nothing alive while it waits
	}
	over = true
}

// wait dequeues a packet, or reports that the worker's work is over.
func (m *member) wait(one *[1]iocp.Completion) bool {
	timeout := iocp.Infinite
	if m.extra {
		timeout = idleMax
	}
	for {
		_, err := m.worker.Wait(one[:], timeout)
		switch {
		case err == nil:
			return true
		case m.extra && errors.Is(err, os.ErrDeadlineExceeded):
			if m.crew.dismiss(m) {
				return false
			}
		default:
			m.crew.srv.workerEnds(err)
			return false
		}
	}
}

// dismiss lets an extra worker go, unless it is needed.
func (cr *crew) dismiss(m *member) bool {
	cr.mu.Lock()
	defer cr.mu.Unlock()
	if len(cr.members)-len(cr.spare)-cr.blocked <= cr.size {
		return false
	}
	cr.spare = append(cr.spare, m)
	return true
}

// blocking runs f, which may block, on a worker.
func (m *member) blocking(f func()) {
	if m.blocked || m.worker == nil {
		f()
		return
	}
	m.crew.block(m)
	defer m.crew.unblock(m)
	m.worker.Blocking(f)
}

// block has another worker wait for packets in the place of one that blocks.
func (cr *crew) block(m *member) {
	cr.mu.Lock()
	defer cr.mu.Unlock()
	m.blocked = true
	cr.blocked++
	if len(cr.members)-len(cr.spare)-cr.blocked < cr.size {
		cr.add(true)
	}
}

func (cr *crew) unblock(m *member) {
	cr.mu.Lock()
	defer cr.mu.Unlock()
	m.blocked = false
	cr.blocked--
}

// workerEnds takes note of a port that can't go on.
func (s *Server) workerEnds(err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	s.failOnce.Do(func() {
		s.failure = err
		close(s.failed)
		if !errors.Is(err, net.ErrClosed) {
			s.cfg.Logger.Error("the port failed", "err", err)
		}
	})
}

// handle takes a packet to whom it belongs.
func (s *Server) handle(comp *iocp.Completion, by *member) {
	switch key := comp.Key.(type) {
	case *Conn:
		if comp.Op == &key.recv {
			by.tally.received(comp.N)
			key.received(comp, by)
		} else {
			by.tally.sent(comp.N)
			key.sent(comp.Err, by)
		}
	case *acceptor:
		key.accepted(comp, by)
	default:
		comp.Buf.Release()
		if comp.Socket != nil {
			comp.Socket.Abort()
		}
		s.cfg.Logger.Warn("dropped a packet of another handle: the server needs its port for itself", "key", comp.Key)
	}
}
