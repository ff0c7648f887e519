package iocp

import (
	"net"
	"net/netip"
	"sync/atomic"

	"iocp/internal/driver"
)

// datagramBuffers is how many buffers one datagram may be in. Systems have
// limits of their own (IOV_MAX), above this.
const datagramBuffers = 1000

// Datagram is a socket for datagrams: messages that arrive whole or not at
// all, over UDP or a Unix socket. All methods may be called from any goroutine.
//
// Several receives and several sends may be pending at a time: each receive
// takes one datagram, and they are filled in the order in which they were
// started. One takes up to 1000 buffers. No error ends the socket's use. That nobody listens where a
// datagram went is not reported over UDP, on any system; a Unix socket is told
// (ErrRefused).
type Datagram struct {
	handle
	d      driver.Datagram
	file   *driver.UnixFile       // a Unix socket's
	bound  netip.AddrPort         // a UDP socket's
	peered atomic.Bool            // Connect has succeeded
	peer   atomic.Pointer[string] // the path of a Unix socket's peer
}

// NewDatagram makes a UDP socket bound to addr. Port 0 lets the system choose
// one (Datagram.Addr tells which); the unspecified IPv6 address [::] stands for
// IPv4 too. It may send to broadcast addresses. The socket belongs to no port
// yet. A backend without datagrams answers ErrNotSupported.
func (p *Port) NewDatagram(addr netip.AddrPort) (*Datagram, error) {
	if p.closing() {
		return nil, opError("socket", addr, ErrClosed)
	}
	if !addr.IsValid() {
		return nil, opError("socket", addr, ErrInvalid)
	}
	drv, ok := p.drv.(driver.DatagramPort)
	if !ok {
		return nil, opError("socket", addr, ErrNotSupported)
	}
	at, err := numbered(addr)
	if err != nil {
		return nil, opError("socket", addr, err)
	}
	d, err := drv.NewDatagram(at)
	if err != nil {
		return nil, opError("socket", addr, err)
	}
	return &Datagram{handle: handle{drv: d, is: aDatagram}, d: d, bound: named(d.LocalAddr())}, nil
}

// Connect makes addr the only peer: Send goes there, and only datagrams from
// there are received. It sends nothing, waits for nothing and queues no packet.
// It may be called again for another peer. Datagrams that were received before
// stay to be dequeued, whoever sent them.
func (d *Datagram) Connect(addr netip.AddrPort) error {
	if !d.sendable(addr) {
		return opError("connect", addr, ErrInvalid)
	}
	to, err := numbered(addr)
	if err == nil {
		err = d.connect(driver.Name{Addr: to})
	}
	return opError("connect", addr, err)
}

func (d *Datagram) connect(to driver.Name) error {
	if d.closed() {
		return net.ErrClosed
	}
	if err := d.d.Connect(to); err != nil {
		return err
	}
	d.peer.Store(&to.Path)
	d.peered.Store(true)
	return nil
}

// RecvFrom receives one datagram into bufs, in order (WSARecvFrom). The
// completion tells the sender as From or FromPath. A datagram larger than bufs
// fills them and completes with ErrMessageSize; the rest of it is lost. N == 0
// without an error is an empty datagram. The slice headers are copied; the
// bytes are the port's until the completion is dequeued, and what is behind N
// then is undefined.
func (d *Datagram) RecvFrom(op *Op, bufs ...[]byte) error {
	if len(bufs) == 0 {
		return faultOf("recvfrom", d, nil, ErrInvalid)
	}
	return faultOf("recvfrom", d, nil, d.start(op, driver.KindRecvFrom, driver.Name{}, bufs))
}

// SendTo sends bufs, together, as one datagram to addr (WSASendTo). No bufs at
// all, or empty ones, make an empty datagram. One that is too large isn't sent,
// and its completion has ErrMessageSize. A socket that is connected refuses
// with ErrConnected: it has Send. The slice headers are copied; the bytes must
// not change until the completion is dequeued.
func (d *Datagram) SendTo(op *Op, addr netip.AddrPort, bufs ...[]byte) error {
	if !d.sendable(addr) {
		return opError("sendto", addr, ErrInvalid)
	}
	to, err := numbered(addr)
	if err == nil {
		err = d.sendTo(op, driver.Name{Addr: to}, bufs)
	}
	return opError("sendto", addr, err)
}

// SendFrom is SendTo from an address of this machine, for a UDP socket that is
// bound to all of them: an answer comes from where it is expected if from is the
// To of the datagram that it answers. SendTo leaves the choice to the system,
// which takes the address of the way to the peer. A socket that is bound to one
// address refuses with ErrInvalid, and portable elsewhere than on Linux with
// ErrNotSupported. An address that isn't this machine's fails.
func (d *Datagram) SendFrom(op *Op, from netip.Addr, addr netip.AddrPort, bufs ...[]byte) error {
	from = from.Unmap()
	everywhere := d.bound.IsValid() && d.bound.Addr().IsUnspecified()
	if !everywhere || !from.IsValid() || from.Is4() != addr.Addr().Unmap().Is4() || !d.sendable(addr) {
		return opError("sendto", addr, ErrInvalid)
	}
	to, err := numbered(addr)
	if err != nil {
		return opError("sendto", addr, err)
	}
	here, err := numbered(netip.AddrPortFrom(from, addr.Port()))
	if err == nil {
		err = d.sendTo(op, driver.Name{Addr: to, Here: here.Addr()}, bufs)
	}
	return opError("sendto", addr, err)
}

func (d *Datagram) sendTo(op *Op, to driver.Name, bufs [][]byte) error {
	if d.peered.Load() {
		return ErrConnected
	}
	return d.start(op, driver.KindSendTo, to, bufs)
}

// Send sends bufs, together, as one datagram to the peer of a connected socket
// (WSASend); one that isn't connected refuses with ErrNotConnected. Otherwise it is
// as SendTo: the bytes must not change until the completion is dequeued.
func (d *Datagram) Send(op *Op, bufs ...[]byte) error {
	if !d.peered.Load() && !d.closed() {
		return faultOf("send", d, nil, ErrNotConnected)
	}
	return faultOf("send", d, nil, d.start(op, driver.KindSendTo, driver.Name{}, bufs))
}

// sendable reports whether a datagram of the socket can be meant for addr: one
// that is bound to [::] reaches both families.
func (d *Datagram) sendable(addr netip.AddrPort) bool {
	if d.file != nil || !addr.IsValid() || addr.Port() == 0 {
		return false
	}
	from := d.bound.Addr()
	return from.Is6() && from.IsUnspecified() || FamilyOf(from) == FamilyOf(addr.Addr())
}

// Addr is the local address, also after Close: the one that the socket is bound
// to, or once it is connected the one that its datagrams come from. A Unix socket
// has none.
func (d *Datagram) Addr() netip.AddrPort {
	if a := d.handle.Addr(); a.IsValid() && !d.closed() {
		return a
	}
	return d.bound
}

// Path is the path of a Unix socket, also after Close: what it is bound to, or
// else what it is connected to. It is empty when there is neither.
func (d *Datagram) Path() string {
	if d.file != nil && d.file.Name != "" {
		return d.file.Name
	}
	if peer := d.peer.Load(); peer != nil {
		return *peer
	}
	return ""
}

func (d *Datagram) start(op *Op, kind driver.Kind, to driver.Name, bufs [][]byte) error {
	p, err := d.usable()
	switch {
	case err != nil:
		return err
	case len(bufs) > datagramBuffers:
		return ErrInvalid
	}
	if err := p.enter(op, kind, &d.handle); err != nil {
		return err
	}
	op.d.SetName(to)
	op.d.SetBufs(bufs)
	op.d.Clip()
	op.d.Lend()
	if kind == driver.KindRecvFrom {
		err = d.d.RecvFrom(&op.d)
	} else {
		err = d.d.SendTo(&op.d)
	}
	if err != nil {
		op.d.Decline(err)
		p.refuse(op)
	}
	return err
}

// Close closes the socket. Pending operations complete with net.ErrClosed; a
// Unix socket's path is removed (see [Datagram.SetUnlinkOnClose]). A second Close returns net.ErrClosed.
func (d *Datagram) Close() error {
	return d.shut(func() error { return faultOf("close", d, nil, d.d.Close()) })
}
