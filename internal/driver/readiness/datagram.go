//go:build linux || darwin || freebsd

package readiness

import (
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/sys/sock"
)

// datagram is a UDP or Unix datagram socket. The queues and their transfers
// are a stream's; what differs is what a transfer consists of and what its
// result means.
type datagram struct {
	stream
	file    *driver.UnixFile // a Unix socket's; nil otherwise
	peer    driver.Name      // whom Connect has reached; nobody without
	all     bool             // bound to all addresses
	in, out sock.Message
}

// newDatagram makes a socket bound to sa, or not bound.
func newDatagram(family int, sa unix.Sockaddr, options func(fd int) error) (*datagram, error) {
	fd, err := newSocket(family, unix.SOCK_DGRAM)
	if err != nil {
		return nil, err
	}
	d := &datagram{}
	d.kind, d.stage = kindOf(family == unix.AF_INET6), connected
	if family == unix.AF_UNIX {
		d.kind = kindUnix
	}
	d.desc = int32(fd)
	d.part, d.more().dgram, d.rare.whole = true, d, d
	if err := sysError("setsockopt", options(fd)); err != nil {
		unix.Close(fd)
		return nil, err
	}
	if sa == nil {
		return d, nil
	}
	if err := sysError("bind", unix.Bind(fd, sa)); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return d, nil
}

// NewDatagram implements driver.DatagramPort.
func (p *Port) NewDatagram(addr netip.AddrPort) (driver.Datagram, error) {
	v6 := addr.Addr().Unmap().Is6()
	d, err := newDatagram(family(v6), sock.Sockaddr(addr, v6), func(fd int) error {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BROADCAST, 1); err != nil {
			return err
		}
		if addr.Addr().IsUnspecified() {
			if err := sock.TellHere(fd, v6); err != nil {
				return err
			}
		}
		if !v6 {
			return nil
		}
		return unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, boolInt(!addr.Addr().IsUnspecified()))
	})
	if err != nil {
		return nil, err
	}
	d.all = addr.Addr().IsUnspecified()
	return d, nil
}

// Connect implements driver.Datagram.
func (d *datagram) Connect(to driver.Name) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stage == closed {
		return net.ErrClosed
	}
	if !d.reaches(to) {
		return driver.ErrInvalid
	}
	if err := d.reach(to); err != nil {
		return err
	}
	d.peer = to
	return nil
}

// reach connects the socket. The lock is held.
func (d *datagram) reach(to driver.Name) error {
	if d.kind == kindUnix {
		return driver.PeerFailed("connect", syscall.Connect(d.fd(), &syscall.SockaddrUnix{Name: to.Path}))
	}
	return driver.PeerFailed("connect", unix.Connect(d.fd(), sock.Sockaddr(to.Addr, d.kind == kindInet6)))
}

// peered reports whether Connect has succeeded.
func (d *datagram) peered() bool { return d.peer != (driver.Name{}) }

// reaches reports whether the socket's family can express a name.
func (d *datagram) reaches(to driver.Name) bool {
	return d.kind == kindUnix || d.kind == kindInet6 || to.Addr.Addr().Unmap().Is4()
}

// RecvFrom implements driver.Datagram.
func (d *datagram) RecvFrom(op *driver.Op) error { return d.submit(op, false) }

// SendTo implements driver.Datagram.
func (d *datagram) SendTo(op *driver.Op) error {
	if *op.Name() != (driver.Name{}) && !d.reaches(*op.Name()) {
		return driver.ErrInvalid
	}
	return d.submit(op, true)
}

// message describes op to the kernel. Each direction has one message, since it
// has one transfer at a time. The lock is held.
func (d *datagram) message(op *driver.Op, send bool) *sock.Message {
	m := &d.in
	if send {
		m = &d.out
	}
	m.SetBuffers(op.Bufs())
	if d.all && !send {
		m.WantHere()
	} else if send && op.Name().Here.IsValid() {
		m.SetHere(op.Name().Here, d.kind == kindInet6)
	}
	switch {
	case !send:
		m.WantName()
	case op.Name().Path != "":
		m.SetPath(op.Name().Path)
	case op.Name().Addr.IsValid():
		m.SetAddr(op.Name().Addr, d.kind == kindInet6)
	}
	return m
}

// outcome settles what a transfer means for its operation, as stream's does.
// No error is the socket's own: each belongs to one datagram. The lock is held.
func (d *datagram) outcome(q *queue, t *Transfer) (err error, over bool) {
	defer t.Msg.Release()
	switch {
	case t.Errno == 0 && t.Send:
		t.op.N = t.N
		return nil, true
	case t.Errno == 0:
		return d.received(t), true
	case t.Errno == unix.EAGAIN || t.Errno == unix.ENOBUFS && t.Send && d.kind == kindUnix:
		// BSD says ENOBUFS where the receiver's queue is full (unix(4)).
		if t.Send && d.kind == kindUnix && (!d.peered() || t.Errno == unix.ENOBUFS) {
			// No event tells when the receiver's queue has room. There is one
			// for the memory that this attempt has freed, and it is ignored:
			// see stream.ready.
			q.ready = false
			d.later(d.sendAgain)
		} else if !q.news {
			q.ready = false
		}
	case t.Errno == unix.EINTR:
	case t.Send && d.kind == kindUnix && d.peered() && deserted(t.Errno):
		// The peer's socket is gone, and the kernel has forgotten it (unix(7)).
		// There may be another at its path by now, of the same server.
		if err := d.reach(d.peer); err != nil {
			return err, true
		}
	case t.Errno == unix.ECONNREFUSED && d.kind != kindUnix:
		// An earlier datagram met nobody. A connected socket is told (udp(7)),
		// at the expense of this call; Windows can be told not to tell, and so
		// nobody is (C85).
	default:
		return driver.PeerFailed(t.call(), t.Errno), true
	}
	return driver.ErrAborted, t.op.Canceled
}

// deserted reports whether a send has met no peer: one that has just gone, which BSD
// calls a reset, or was gone already.
func deserted(errno syscall.Errno) bool {
	return errno == unix.ECONNREFUSED || errno == unix.ECONNRESET || errno == unix.ENOTCONN
}

// received takes note of a datagram. The lock is held.
func (d *datagram) received(t *Transfer) error {
	op := t.op
	op.N = t.N
	if d.kind == kindUnix {
		op.Name().Path = t.Msg.Path()
	} else {
		op.Name().Addr, op.Name().Here = t.Msg.Addr(), t.Msg.Here()
	}
	if t.Msg.Truncated() {
		return driver.ErrMessageSize
	}
	return nil
}

// sendAgain is due when the receiver's queue was full. The lock is held.
func (d *datagram) sendAgain() {
	d.send.ready, d.send.news = true, true
}

// Close implements driver.Handle.
func (d *datagram) Close() error {
	d.mu.Lock()
	if d.file != nil && d.stage != closed {
		d.file.Remove()
	}
	d.mu.Unlock()
	return d.stream.Close()
}
