package winport

import (
	"errors"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
	"iocp/internal/sys/win"
)

// Datagram is a UDP socket: a Stream whose operations are others.
type Datagram struct{ *Stream }

// ends is what the kernel is given of a datagram besides its bytes: it keeps
// both until the operation is over (C81).
type ends struct {
	from    windows.RawSockaddrAny
	fromLen int32
	to      windows.Sockaddr

	// In place of these, where an address of this machine is asked for.
	asks bool
	msg  win.Message
}

// overflow is behind the buffers of every RecvFrom, so that no datagram is cut
// short by the kernel: whether one that is and that was there already makes a
// packet, the sources disagree on (C49). Nobody reads it.
var overflow [1 << 16]byte

// NewDatagram implements driver.DatagramPort.
func (p *Port) NewDatagram(addr netip.AddrPort) (driver.Datagram, error) {
	v6 := addr.Addr().Unmap().Is6()
	sock, err := openSocket(v6, windows.SOCK_DGRAM, windows.IPPROTO_UDP)
	if err != nil {
		return nil, err
	}
	if err := prepareDatagram(sock, addr, v6); err != nil {
		windows.Closesocket(sock)
		return nil, err
	}
	s := newStream(sock, v6)
	s.everywhere = addr.Addr().IsUnspecified() && win.TellHere(sock, v6) == nil
	return Datagram{s}, nil
}

// prepareDatagram sets a socket's options and binds it. Wine 8 doesn't know the
// second of the two controls.
func prepareDatagram(sock windows.Handle, addr netip.AddrPort, v6 bool) error {
	for _, control := range []uint32{windows.SIO_UDP_CONNRESET, windows.SIO_UDP_NETRESET} {
		if err := win.SetControl(sock, control, false); err != nil && err != windows.WSAEOPNOTSUPP {
			return sysError("WSAIoctl", err)
		}
	}
	for _, option := range []int{windows.SO_BROADCAST, win.SO_EXCLUSIVEADDRUSE} {
		if err := windows.SetsockoptInt(sock, windows.SOL_SOCKET, option, 1); err != nil {
			return sysError("setsockopt", err)
		}
	}
	if v6 {
		if err := dualStack(sock, addr.Addr().IsUnspecified()); err != nil {
			return err
		}
	}
	return sysError("bind", windows.Bind(sock, sockaddr(addr, v6)))
}

// Connect implements driver.Datagram.
func (d Datagram) Connect(to driver.Name) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
		return net.ErrClosed
	case !fits(to.Addr, d.v6):
		return driver.ErrInvalid
	}
	return sysError("connect", windows.Connect(d.sock, sockaddr(to.Addr, d.v6)))
}

// RecvFrom implements driver.Datagram.
func (d Datagram) RecvFrom(op *driver.Op) error { return d.submit(&d.recvs, op, false) }

// SendTo implements driver.Datagram.
func (d Datagram) SendTo(op *driver.Op) error {
	switch {
	case op.Name().Here.IsValid() && !d.everywhere:
		return driver.ErrNotSupported
	case op.Name().Addr.IsValid() && !fits(op.Name().Addr, d.v6):
		return driver.ErrInvalid
	}
	return d.submit(&d.sends, op, false)
}

// payloadMax is what fits a datagram, which has 16 bits for its length, behind
// the headers of UDP and, at the least, IPv4. Wine 8 makes a packet for a larger
// one that it has refused, so it isn't asked.
const payloadMax = 1<<16 - 1 - 8 - 20

// beginDatagram gives an operation to the kernel. If that refuses, the operation
// is over, and its packet says so: other systems know no earlier (C83).
func (s *Stream) beginDatagram(r *record) {
	call, start := "WSARecvFrom", s.recvFrom
	send := r.op.Kind.Outward()
	if send {
		call, start = "WSASendTo", s.sendTo
	}
	if send && r.op.Len() > payloadMax {
		r.end(0, driver.ErrMessageSize)
		return
	}
	for {
		r.load(r.op.Bufs(), driver.TransferMax)
		err := start(r)
		if err = s.started(r, call, err); err == nil {
			return
		}
		if !nobody(err) {
			r.end(0, err)
			return
		}
	}
}

func (s *Stream) recvFrom(r *record) error {
	if r.ends == nil {
		r.ends = new(ends)
	}
	r.bufs = append(r.bufs, windows.WSABuf{Len: uint32(len(overflow)), Buf: &overflow[0]})
	r.pins.Pin(r.ends)
	r.ends.fromLen, r.ends.asks = win.NameRoom, s.everywhere
	r.pins.Pin(&r.bufs[0]) // a WSAMSG points at them
	s.lend(r)
	return system.recvFrom(s.sock, r)
}

func (s *Stream) sendTo(r *record) error {
	if !r.op.Name().Addr.IsValid() {
		s.lend(r)
		return system.send(s.sock, r)
	}
	if r.ends == nil {
		r.ends = new(ends)
	}
	if name := r.op.Name(); name.Here.IsValid() {
		r.pins.Pin(r.ends)
		r.pins.Pin(&r.bufs[0])
		s.lend(r)
		return r.ends.msg.Send(s.sock, r.bufs, name.Here, name.Addr, s.v6, &r.ov)
	}
	r.ends.to = sockaddr(r.op.Name().Addr, s.v6)
	s.lend(r)
	return windows.WSASendto(s.sock, &r.bufs[0], uint32(len(r.bufs)), nil, 0, r.ends.to, &r.ov, nil)
}

// datagramOver looks at a datagram's operation that the kernel has given back.
func (s *Stream) datagramOver(r *record, n int, status syscall.Errno) {
	op, call := r.op, "WSARecvFrom"
	if op.Kind.Outward() {
		call = "WSASendTo"
	}
	err := s.outcome(r, call, status)
	switch {
	case s.takenAlong(r, n, status):
		r.state = queued
	case err != nil && nobody(err):
		r.state = queued
	case err != nil:
		r.end(0, err)
	case op.Kind.Outward():
		r.end(n, nil)
	default:
		if s.everywhere {
			op.Name().Addr, op.Name().Here = addrPort(r.ends.msg.From()), r.ends.msg.Here()
		} else {
			op.Name().Addr = addrPort(r.ends.from.Sockaddr())
		}
		if room := op.Len(); n > room {
			r.end(room, driver.ErrMessageSize)
			return
		}
		r.end(n, nil)
	}
}

// nobody reports whether an operation was told that an earlier datagram met
// nobody, which is asked not to be told, but Wine 8 tells. It is made again.
func nobody(err error) bool {
	return errors.Is(err, driver.ErrRefused) || errors.Is(err, driver.ErrReset) ||
		errors.Is(err, syscall.Errno(windows.ERROR_PORT_UNREACHABLE))
}
