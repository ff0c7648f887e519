package server

import (
	"context"
	"errors"
	"net"

	"iocp"
)

// startWorkers starts the workers, once.
func (s *Server) startWorkers() {
	s.workersOnce.Do(func() {
		for i := range s.tallies {
			s.workers.Add(1)
			go s.work(s.ports[i*len(s.ports)/len(s.tallies)], i)
		}
	})
}

// work is a worker: it dequeues one packet at a time, so that those behind a
// handler that blocks are reached by the others.
func (s *Server) work(p *iocp.Port, worker int) {
	defer s.workers.Done()
	w := p.WorkerContext(s.working)
	defer w.Close()
	var one [1]iocp.Completion
	for {
		if _, err := w.Wait(one[:], iocp.Infinite); err != nil {
			s.workerEnds(err)
			return
		}
		s.handle(&one[0], number(worker))
		one[0] = iocp.Completion{} // keeps nothing alive while it waits
	}
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
func (s *Server) handle(comp *iocp.Completion, worker uint8) {
	switch key := comp.Key.(type) {
	case *Conn:
		if comp.Op == &key.recv {
			s.tally(worker).received(comp.N)
			key.received(comp, worker)
		} else {
			s.tally(worker).sent(comp.N)
			key.sent(comp.Err)
		}
	case *acceptor:
		key.accepted(comp)
	default:
		comp.Buf.Release()
		if comp.Socket != nil {
			comp.Socket.Abort()
		}
		s.cfg.Logger.Warn("dropped a packet of another handle: the server needs its port for itself", "key", comp.Key)
	}
}
