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

// pool is the workers of one port: so many as were asked for, and one more for
// each that is blocked in a callback (see Conn.Blocking). So there are always as
// many to wait for packets, and no more than there are connections besides.
type pool struct {
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
	pool    *pool
	worker  *iocp.Worker // its goroutine's
	extra   bool         // stands in for one that is blocked
	blocked bool
	tally   tally
	number  uint32 // from 1
}

// A turn is a callback that runs, as its connection knows it: by which member, and
// whether it may still send an answer. Whoever makes it the connection's, in place
// of noTurn, may run callbacks, until it is noTurn again.
const noTurn = 0

// first is the turn of a receiving chain's callback that has sent nothing yet.
func (m *member) first() (turn uint32) { return m.number << 1 }

// later is the turn of any other callback.
func (m *member) later() (turn uint32) { return answered(m.first()) }

func answered(turn uint32) uint32 { return turn | 1 }

func mayAnswer(turn uint32) bool { return turn != noTurn && turn&1 == 0 }

// member is whose turn it is; nil for noTurn.
func (s *Server) member(turn uint32) *member {
	if turn == noTurn {
		return nil
	}
	return (*s.members.Load())[turn>>1-1]
}

// by is who runs a callback of the connection, or nil.
func (c *Conn) by() *member { return c.srv.member(c.turn.Load()) }

func newMember(p *pool) *member {
	m := &member{pool: p}
	s := p.srv
	s.growing.Lock()
	defer s.growing.Unlock()
	all := append(*s.members.Load(), m)
	m.number = uint32(len(all))
	s.members.Store(&all)
	return m
}

// idleMax is how long an extra worker waits in vain before it ends.
const idleMax = time.Second

// startWorkers starts the workers, once.
func (s *Server) startWorkers() {
	s.workersOnce.Do(func() {
		for _, pool := range s.pools {
			pool.mu.Lock()
			for range pool.size {
				pool.add(false)
			}
			pool.mu.Unlock()
		}
	})
}

// add starts a worker. The caller holds mu.
func (p *pool) add(extra bool) {
	var m *member
	if n := len(p.spare); n > 0 {
		m, p.spare = p.spare[n-1], p.spare[:n-1]
	} else {
		m = newMember(p)
		p.members = append(p.members, m)
	}
	m.extra = extra
	p.srv.workers.Add(1)
	go m.work()
}

// work is a worker: it dequeues one packet at a time, so that those behind a
// handler that blocks are reached by the others. A callback that ends the
// goroutine has another take its place.
func (m *member) work() {
	s, over := m.pool.srv, false
	defer func() {
		if !over {
			go m.work()
			return
		}
		s.workers.Done()
	}()
	m.worker = m.pool.port.WorkerContext(s.working)
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
			if m.pool.dismiss(m) {
				return false
			}
		default:
			m.pool.srv.workerEnds(err)
			return false
		}
	}
}

// dismiss lets an extra worker go, unless it is needed.
func (p *pool) dismiss(m *member) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.members)-len(p.spare)-p.blocked <= p.size {
		return false
	}
	p.spare = append(p.spare, m)
	return true
}

// blocking runs f, which may block, on a worker.
func (m *member) blocking(f func()) {
	if m.blocked || m.worker == nil {
		f()
		return
	}
	m.pool.block(m)
	defer m.pool.unblock(m)
	m.worker.Blocking(f)
}

// block has another worker wait for packets in the place of one that blocks.
func (p *pool) block(m *member) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m.blocked = true
	p.blocked++
	if len(p.members)-len(p.spare)-p.blocked < p.size {
		p.add(true)
	}
}

func (p *pool) unblock(m *member) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m.blocked = false
	p.blocked--
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
