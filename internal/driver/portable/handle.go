package portable

import (
	"net"
	"net/netip"
	"sync"

	"iocp/internal/driver"
)

// handle is what streams, datagram sockets and listeners have in common.
type handle struct {
	mu     sync.Mutex // taken before the port's locks and the sink's
	port   *port      // nil until attached
	closed bool
}

// attach binds the handle, which its owner calls self, to a port.
func (h *handle) attach(to driver.Port, self driver.Handle) error {
	p, ok := to.(*port)
	if !ok {
		return driver.ErrInvalid
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return net.ErrClosed
	case h.port != nil:
		return driver.ErrAlreadyBound
	}
	if err := p.add(self); err != nil {
		return err
	}
	h.port = p
	return nil
}

// markClosed reports whether it was open. The caller holds mu.
func (h *handle) markClosed(self driver.Handle) bool {
	if h.closed {
		return false
	}
	h.closed = true
	if h.port != nil {
		h.port.remove(self)
	}
	return true
}

// verdict says why an operation that was accepted need not be tried. The caller
// holds mu.
func (h *handle) verdict(op *driver.Op) error {
	switch {
	case h.closed:
		return net.ErrClosed
	case op.Canceled:
		return driver.ErrAborted
	}
	return nil
}

// addrPort is net's address as ours; invalid when there is none.
func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.TCPAddr:
		return unmapped(a.AddrPort())
	case *net.UDPAddr:
		return unmapped(a.AddrPort())
	}
	return netip.AddrPort{}
}

func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
