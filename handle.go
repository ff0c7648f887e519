package iocp

import (
	"net"
	"net/netip"
	"sync/atomic"

	"iocp/internal/driver"
)

// Handle is a [Socket], a [Listener], a [Datagram], a [File], a [PipeReader] or
// a [PipeWriter].
type Handle interface {
	base() *handle
}

// handle is what all have in common. There may be very many of them.
type handle struct {
	drv   driver.Handle
	port  atomic.Pointer[Port]
	key   any // set before port is, never changed after
	state atomic.Uint32
	is    shape
}

// shape says which type of handle one is the first field of.
type shape uint8

const (
	aPipeEnd shape = iota
	aSocket
	aListener
	aDatagram
	aFile
)

// origin is the handle as what it is.
func (h *handle) origin() origin {
	switch h.is {
	case aSocket:
		return driver.Outer[Socket](h)
	case aListener:
		return driver.Outer[Listener](h)
	case aDatagram:
		return driver.Outer[Datagram](h)
	case aFile:
		return driver.Outer[File](h)
	}
	return h
}

// What has happened to a handle. Of a socket's connection it says what dequeued
// completions have told.
const (
	stConnected uint32 = 1 << iota
	stConnecting
	stRecvShut
	stSendShut
	stReset
	stIPv6 // a socket's family, for as long as it isn't connected
	stAssociated
	stClosed
)

func (h *handle) base() *handle { return h }

func (h *handle) closed() bool { return h.state.Load()&stClosed != 0 }

func (h *handle) clear(bits uint32) { h.state.And(^bits) }

func (h *handle) associate(p *Port, key any) error {
	switch st := h.state.Or(stAssociated); {
	case st&stClosed != 0:
		return h.fault("associate", net.ErrClosed)
	case st&stAssociated != 0:
		return h.fault("associate", ErrAssociated)
	}
	if err := h.drv.Attach(p.drv); err != nil { // closed meanwhile, for one
		h.clear(stAssociated)
		return h.fault("associate", err)
	}
	h.key = key
	h.port.Store(p)
	return nil
}

// usable gives the port of a handle on which operations may be started.
func (h *handle) usable() (*Port, error) {
	if h.closed() {
		return nil, net.ErrClosed
	}
	p := h.port.Load()
	if p == nil {
		return nil, ErrNotAssociated
	}
	return p, nil
}

// Addr is the local address; files, pipes and Unix sockets have none.
func (h *handle) Addr() netip.AddrPort { return named(h.drv.LocalAddr()) }

// Cancel asks for one pending operation to be given up (CancelIoEx). It
// doesn't wait: the operation still completes, exactly once, with ErrAborted
// or with the result that it had by then; data reported by that result has
// been consumed. ErrNotFound says that op isn't pending on this handle; its
// completion may be queued already.
func (h *handle) Cancel(op *Op) error {
	if op == nil || !h.drv.Cancel(&op.d) {
		return h.fault("cancel", ErrNotFound)
	}
	return nil
}

// CancelAll is Cancel for every operation pending on the handle at this
// moment. ErrNotFound says that there was none.
func (h *handle) CancelAll() error {
	if h.drv.CancelAll() == 0 {
		return h.fault("cancel", ErrNotFound)
	}
	return nil
}

// shut closes the handle, once, by the given means.
func (h *handle) shut(by func() error) error {
	if h.state.Or(stClosed)&stClosed != 0 {
		return faultOf("close", h.origin(), nil, net.ErrClosed)
	}
	err := by()
	driver.Freed()
	return err
}
