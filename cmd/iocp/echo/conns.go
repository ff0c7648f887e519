package echo

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"iocp"
	"iocp/cmd/iocp/internal/service"
)

const (
	acceptPause = 100 * time.Millisecond // between a failed accept and the next
	drainMax    = 5 * time.Second        // for peers to take what is sent to them
)

// portServer is what the workers share: the port, and the connections that
// are open, for the sake of ending them.
type portServer struct {
	cfg      service.Config
	port     *iocp.Port
	stop     func() // ends listening
	chores   *chores
	draining atomic.Bool

	mu      sync.Mutex
	conns   map[*perHandle]struct{}
	empty   chan struct{} // closed when conns is empty; made by drain
	failure error         // why the port can't go on
}

// fail ends the server because the kernel refuses to go on.
func (s *portServer) fail(err error) {
	if err == nil {
		return
	}
	s.mu.Lock()
	s.failure = err
	s.mu.Unlock()
	s.stop()
}

// open makes an accepted socket a connection: it is associated with the
// workers' port, under a key of its own, and read from.
func (s *portServer) open(sock *iocp.Socket) {
	h := &perHandle{sock: sock, pending: 1}
	s.cfg.Joined(sock.RemoteAddr())
	sock.KeepAlive(s.cfg.Probes())
	sock.NoDelay(true) // an answer mustn't wait for the peer's acknowledgement; if this fails, so will the receive
	s.mu.Lock()
	s.conns[h] = struct{}{}
	s.mu.Unlock()
	h.mu.Lock()
	err := s.port.Associate(sock, h)
	if err == nil {
		err = s.read(h)
	}
	s.settle(h, err)
}

// settle counts off an operation that has been handled, and gives the
// connection up if it failed: what is still pending then completes with an
// error. The last operation closes the connection, since nothing of it is in
// the kernel's hands any more. The caller holds h.mu, which is released.
func (s *portServer) settle(h *perHandle, err error) {
	h.pending--
	last := h.pending == 0
	h.mu.Unlock()
	if lost(err) {
		s.cfg.Lost(h.sock.RemoteAddr(), err)
		h.sock.Abort()
	}
	if !last {
		return
	}
	s.cfg.Left(h.sock.RemoteAddr())
	h.sock.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, h)
	if s.empty != nil && len(s.conns) == 0 {
		close(s.empty)
	}
}

// drain stops reading and waits until what was received has been sent back,
// as far as peers take it within drainMax. Nothing may be accepted meanwhile.
func (s *portServer) drain() {
	s.draining.Store(true)
	s.mu.Lock()
	s.empty = make(chan struct{})
	if len(s.conns) == 0 {
		close(s.empty)
	}
	for h := range s.conns {
		h.stop()
	}
	s.mu.Unlock()
	select {
	case <-s.empty:
	case <-time.After(drainMax):
		s.cfg.Log.Warn("some peers did not take their data in time")
	}
}

// stop ends the pending receive. One that is completed already has a
// completion on its way, whose handler starts no other.
func (h *perHandle) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.recv != nil {
		h.sock.Cancel(&h.recv.op)
	}
}

// lost reports whether an operation failed for another reason than that we
// cancelled or closed it.
func lost(err error) bool {
	return err != nil && !errors.Is(err, iocp.ErrAborted) && unlessClosed(err) != nil
}

// unlessClosed drops the error that says that we closed it ourselves.
func unlessClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
