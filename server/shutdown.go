package server

import (
	"context"
	"slices"
	"time"
)

// Shutdown ends the server: it stops accepting and closes every connection
// gracefully (see Conn.Close), with ErrServerClosed as the reason. When the
// last OnClose has returned, the workers end, and the ports are closed if they
// are the server's own; then Shutdown returns nil, and so does Serve return.
//
// When ctx is done first, the connections that are left are reset, and
// Shutdown returns ctx's error: after the same end, or, if a callback doesn't
// return within Config.CloseTimeout more, without waiting for it.
//
// Shutdown may be called several times; each call waits, with its own ctx. A
// callback must not wait for it.
func (s *Server) Shutdown(ctx context.Context) error {
	s.stop()
	select {
	case <-s.ended:
		return nil
	case <-ctx.Done():
	}
	for _, c := range s.snapshot() {
		c.Abort()
	}
	select {
	case <-s.ended:
	case <-time.After(s.cfg.CloseTimeout):
	}
	return ctx.Err()
}

// stop begins the end, once.
func (s *Server) stop() {
	s.mu.Lock()
	if s.stopping {
		s.mu.Unlock()
		return
	}
	s.stopping = true
	acceptors := slices.Clone(s.acceptors)
	s.checkIdle()
	s.mu.Unlock()
	for _, a := range acceptors {
		a.ln.Close()
	}
	for _, c := range s.snapshot() {
		c.closeFor(ErrServerClosed)
	}
	go s.end()
}

// end waits until nothing is left, and then ends the rest.
func (s *Server) end() {
	<-s.idle
	s.endWork()
	s.workers.Wait()
	if s.ownPort {
		s.closePorts()
	}
	close(s.ended)
}

// stopped reports whether Shutdown has begun.
func (s *Server) stopped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopping
}

// snapshot lists the connections of this moment.
func (s *Server) snapshot() []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.conns)
}
