package portable

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"

	"iocp/internal/driver"
)

// datagram is a UDP or Unix datagram socket, which is open from the start.
type datagram struct {
	handle
	conn packetConn
	raw  syscall.RawConn
	file *driver.UnixFile // a Unix socket's; nil otherwise
	recv receiver
	send sender
	busy int         // lanes whose goroutine uses conn
	all  bool        // bound to all addresses, and tells which
	peer driver.Name // whom Connect has reached; nobody without
}

// packetConn is what UDP and Unix sockets have in common in package net.
type packetConn interface {
	net.PacketConn
	net.Conn
	syscall.Conn
}

func newDatagram(conn packetConn, at *driver.UnixFile) *datagram {
	d := &datagram{conn: conn, file: at}
	d.raw, _ = conn.SyscallConn() // fails on a nil conn only
	d.recv.d, d.recv.h, d.recv.w = d, &d.handle, &d.recv
	d.send.d, d.send.h, d.send.w = d, &d.handle, &d.send
	return d
}

// NewDatagram makes a UDP socket. Package net has it not told of unreachable
// ports on Windows.
func (p *port) NewDatagram(addr netip.AddrPort) (driver.Datagram, error) {
	addr = unmapped(addr)
	conn, err := net.ListenUDP(udpNetwork(addr.Addr()), net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return nil, sysError(err)
	}
	d := newDatagram(conn, nil)
	d.all = addr.Addr().IsUnspecified() && tellHere(d.raw, d.LocalAddr().Addr().Is6()) == nil
	return d, nil
}

// udpNetwork is listenNetwork for UDP.
func udpNetwork(addr netip.Addr) string {
	switch {
	case addr.Is4():
		return "udp4"
	case addr == netip.IPv6Unspecified():
		return "udp"
	}
	return "udp6"
}

// Attach binds the socket to p.
func (d *datagram) Attach(p driver.Port) error { return d.attach(p, d) }

// RecvFrom receives one datagram.
func (d *datagram) RecvFrom(op *driver.Op) error { return d.submit(&d.recv.lane, op) }

// SendTo sends one datagram.
func (d *datagram) SendTo(op *driver.Op) error {
	switch {
	case !d.reaches(*op.Name()):
		return driver.ErrInvalid
	case op.Name().Here.IsValid() && !d.all:
		return driver.ErrNotSupported
	}
	return d.submit(&d.send.lane, op)
}

// reaches reports whether the socket's family can express a name.
func (d *datagram) reaches(to driver.Name) bool {
	if local := d.LocalAddr(); local.IsValid() && to.Addr.IsValid() {
		return local.Addr().Is6() || to.Addr.Addr().Unmap().Is4()
	}
	return true
}

func (d *datagram) submit(l *lane, op *driver.Op) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return net.ErrClosed
	}
	if l.submit(op) {
		d.busy++
	}
	return nil
}

// Connect has the system connect the socket behind package net's back, which
// can connect only while it makes one.
func (d *datagram) Connect(to driver.Name) error {
	if !d.reaches(to) {
		return driver.ErrInvalid
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return net.ErrClosed
	}
	if err := connectDatagram(d.raw, to, d.LocalAddr().Addr().Is6()); err != nil {
		return absent(err)
	}
	d.peer = to
	return nil
}

// rejoin connects a Unix socket whose peer is gone to whoever is at its path by
// now. Nobody there is no news: err is why it is tried.
func (d *datagram) rejoin(err error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.peer.Path == "" {
		return err
	}
	return connectDatagram(d.raw, d.peer, false)
}

// Cancel gives up op if it is pending here.
func (d *datagram) Cancel(op *driver.Op) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.recv.cancel(op) || d.send.cancel(op)
}

// CancelAll gives up everything pending; each direction completes in order.
func (d *datagram) CancelAll() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.recv.cancelAll() + d.send.cancelAll()
}

// Close closes the socket, as a stream's does.
func (d *datagram) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.markClosed(d) {
		return nil
	}
	if d.file != nil {
		d.file.Remove()
	}
	d.recv.interrupt()
	d.send.interrupt()
	if d.busy == 0 {
		d.conn.Close()
	}
	return nil
}

// leave says that a lane's goroutine ends. The caller holds mu.
func (d *datagram) leave() {
	if d.busy--; d.busy == 0 {
		d.conn.Close()
	}
}

// LocalAddr is the address that the socket is bound to.
func (d *datagram) LocalAddr() netip.AddrPort { return addrPort(d.conn.LocalAddr()) }

// Path is the path that a Unix socket is bound to.
func (d *datagram) Path() string { return pathOf(d.conn.LocalAddr()) }

// settle is what to report for an operation that failed with err. None of it
// stays with the socket. The caller holds mu.
func (d *datagram) settle(op *driver.Op, err error) error {
	switch {
	case err == nil || err == driver.ErrMessageSize:
		return err
	case d.closed:
		return net.ErrClosed
	case op.Canceled && (err == driver.ErrAborted || errors.Is(err, os.ErrDeadlineExceeded)):
		return driver.ErrAborted
	}
	return absent(err)
}

// rest ends a lane's goroutine once the socket is closed.
func (d *datagram) rest() bool {
	if d.closed {
		d.leave()
	}
	return d.closed
}
