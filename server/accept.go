package server

import (
	"net/netip"
	"sync"
	"time"

	"iocp"
)

// warnEvery is how often, at most, the log hears that accepting fails.
const warnEvery = time.Minute

// acceptor is the standing accept on one listener. It is over when the listener
// is closed.
type acceptor struct {
	srv  *Server
	ln   *iocp.Listener
	op   iocp.Op
	over chan struct{} // closed with err set
	err  error

	mu     sync.Mutex
	warned time.Time // when the log last heard that accepting fails
}

// Listen makes a listening socket on the server's port (its first), to be given to Serve.
// Port 0 lets the system choose one; the listener's Addr tells which.
func (s *Server) Listen(addr netip.AddrPort) (*iocp.Listener, error) {
	return s.Port().Listen(addr, iocp.ListenConfig{})
}

// Serve accepts connections from ln and runs them until Shutdown is over; then
// it returns ErrServerClosed. It returns earlier if the listener is closed or
// the port fails, with the reason. The listener must not be associated yet;
// Shutdown closes it. A server may serve several listeners at a time.
func (s *Server) Serve(ln *iocp.Listener) error {
	a := &acceptor{srv: s, ln: ln, over: make(chan struct{})}
	if err := s.startAccepting(a); err != nil {
		return err
	}
	select {
	case <-a.over:
	case <-s.failed:
		return s.failure
	}
	if s.stopped() {
		<-s.ended
		return ErrServerClosed
	}
	return a.err
}

func (s *Server) startAccepting(a *acceptor) error {
	if err := s.Port().Associate(a.ln, a); err != nil {
		return err
	}
	if !s.addAcceptor(a) {
		a.ln.Close()
		return ErrServerClosed
	}
	s.startWorkers()
	if err := a.ln.AcceptMany(&a.op); err != nil {
		a.finish(err)
	}
	return nil
}

// accepted is a completion of the standing accept.
func (a *acceptor) accepted(comp *iocp.Completion, by *member) {
	switch {
	case comp.Socket != nil:
		a.srv.open(comp.Socket, by)
	case comp.More:
		a.warn(comp.Err)
	default:
		a.finish(comp.Err)
	}
}

// warn says that connections can't be accepted for now, most often because there
// are no descriptors left. The port tries again until it works.
func (a *acceptor) warn(err error) {
	now := time.Now()
	a.mu.Lock()
	due := now.Sub(a.warned) >= warnEvery
	if due {
		a.warned = now
	}
	a.mu.Unlock()
	if due {
		a.srv.cfg.Logger.Warn("accepting failed; trying again until it works", "listener", a.ln.Addr(), "err", err)
	}
}

func (a *acceptor) finish(err error) {
	a.ln.Close() // it may have failed otherwise
	a.err = err
	close(a.over)
	a.srv.removeAcceptor(a)
}
