package server

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"iocp"
)

// After an accept that failed (most often there are no descriptors left, and
// trying again at once would only burn CPU), the next try is delayed, and
// each further one for longer.
const (
	acceptDelayMin = 5 * time.Millisecond
	acceptDelayMax = time.Second
)

// acceptor keeps a standing accept on one listener. It is over when the
// listener is closed.
type acceptor struct {
	srv  *Server
	ln   *iocp.Listener
	op   iocp.Op
	over chan struct{} // closed with err set
	err  error

	mu       sync.Mutex
	delay    time.Duration // of the last try, 0 after a success
	retry    *time.Timer   // pending while the next try is delayed
	stopping bool
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
	a.try()
	return nil
}

// try starts the standing accept.
func (a *acceptor) try() {
	if err := a.ln.AcceptMany(&a.op); err != nil {
		a.stopped(err)
	}
}

// accepted is a completion of the standing accept.
func (a *acceptor) accepted(comp *iocp.Completion) {
	if comp.Socket != nil {
		a.mu.Lock()
		a.delay = 0
		a.mu.Unlock()
		a.srv.open(comp.Socket)
	}
	if !comp.More {
		a.stopped(comp.Err)
	}
}

// stopped decides what follows on an accept that is over: another, later,
// unless the listener is closed.
func (a *acceptor) stopped(err error) {
	if errors.Is(err, net.ErrClosed) {
		a.finish(err)
		return
	}
	a.mu.Lock()
	if a.stopping {
		a.mu.Unlock()
		a.finish(net.ErrClosed)
		return
	}
	first := a.delay == 0
	a.delay = min(max(2*a.delay, acceptDelayMin), acceptDelayMax)
	a.retry = time.AfterFunc(a.delay, a.try)
	a.mu.Unlock()
	if first {
		a.srv.cfg.Logger.Warn("accepting failed; trying again until it works", "listener", a.ln.Addr(), "err", err)
	}
}

// stop closes the listener and ends a delay.
func (a *acceptor) stop() {
	a.ln.Close()
	a.mu.Lock()
	a.stopping = true
	waiting := a.retry != nil && a.retry.Stop()
	a.mu.Unlock()
	if waiting {
		a.finish(net.ErrClosed)
	}
}

func (a *acceptor) finish(err error) {
	a.err = err
	close(a.over)
	a.srv.removeAcceptor(a)
}
