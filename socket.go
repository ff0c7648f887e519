package iocp

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"iocp/internal/driver"
)

// Family is an address family.
type Family int

// The address families of TCP sockets.
const (
	IPv4 Family = iota
	IPv6
)

// FamilyOf is the family of an address.
func FamilyOf(a netip.Addr) Family {
	if a.Unmap().Is4() {
		return IPv4
	}
	return IPv6
}

// Socket is a connection, or a socket to be connected, over TCP or a Unix
// socket (see [Port.NewUnixSocket]). All methods may be called from any
// goroutine.
//
// Several receives and several sends may be pending at a time; receives are
// filled, and sends go on the wire, in the order in which they were started.
type Socket struct{ handle }

func newSocket(s driver.Stream, state uint32) *Socket {
	sock := &Socket{handle: handle{drv: s, is: aSocket}}
	sock.state.Store(state)
	return sock
}

// stream is the handle as what it is. A field for it would make sockets larger,
// of which there may be very many.
func (s *Socket) stream() driver.Stream { return s.drv.(driver.Stream) }

// Addr is the local address. It is invalid before Bind or
// Connect has given the socket one, and after Close. A port of 0 that was given
// to Bind may stay 0 until the socket is connected.
func (s *Socket) Addr() netip.AddrPort {
	a := s.handle.Addr()
	if s.closed() || a.Port() == 0 && a.Addr().IsUnspecified() {
		return netip.AddrPort{}
	}
	return a
}

// RemoteAddr is the peer's address, also after Close; invalid when there has been
// none.
func (s *Socket) RemoteAddr() netip.AddrPort { return named(s.stream().RemoteAddr()) }

// Bind chooses the local address of a socket to be connected. Without it
// Connect takes any. An address of another family than the socket's is
// ErrInvalid, and so is a second Bind, or one of a connected socket.
//
// Port 0 leaves the port to the system. On Linux, and with the backend portable,
// that chooses when the socket is connected, so that one port may serve many
// sockets with different peers, and Addr tells port 0 until then. Windows chooses
// at once.
func (s *Socket) Bind(addr netip.AddrPort) error {
	st := s.state.Load()
	switch {
	case st&stClosed != 0:
		return opError("bind", addr, net.ErrClosed)
	case !s.speaks(addr) || st&(stConnected|stConnecting) != 0:
		return opError("bind", addr, ErrInvalid)
	}
	at, err := numbered(addr)
	if err == nil {
		err = s.stream().Bind(at)
	}
	return opError("bind", addr, err)
}

// speaks reports whether an address is one for the socket, of its family.
func (s *Socket) speaks(addr netip.AddrPort) bool {
	_, unix := s.stream().(driver.UnixStream)
	v6 := s.state.Load()&stIPv6 != 0
	return !unix && addr.IsValid() && v6 == (FamilyOf(addr.Addr()) == IPv6)
}

// Connect connects the socket (ConnectEx). A socket that is connected, or about to
// be, refuses with ErrConnected. After a refused or failed connect
// the socket may be connected again. An address of another family than the
// socket's is ErrInvalid. That the system has connected the socket to itself, as
// can happen where nobody listens, is ErrRefused, unless Bind chose that port.
func (s *Socket) Connect(op *Op, addr netip.AddrPort) error {
	if st := s.state.Load(); st&stConnected == 0 && !s.speaks(addr) || addr.Port() == 0 {
		return opError("connect", addr, ErrInvalid)
	}
	to, err := numbered(addr)
	if err == nil {
		err = s.connect(op, driver.Name{Addr: to}, func(d *driver.Op) error { return s.stream().Connect(d, to) })
	}
	return opError("connect", addr, err)
}

// connect starts a connect by the given means, if none has been made yet.
func (s *Socket) connect(op *Op, to driver.Name, begin func(*driver.Op) error) error {
	return s.start(op, driver.KindConnect, func(d *driver.Op) error {
		if !s.claimConnect() {
			return ErrConnected
		}
		d.SetName(to) // for errors
		err := begin(d)
		if err != nil {
			s.clear(stConnecting)
		}
		return err
	})
}

func (s *Socket) claimConnect() bool {
	for {
		st := s.state.Load()
		if st&(stConnected|stConnecting) != 0 {
			return false
		}
		if s.state.CompareAndSwap(st, st|stConnecting) {
			return true
		}
	}
}

// Direction is one or both directions of a connection.
type Direction uint32

// The directions of Shutdown: what is received, what is sent, or both.
const (
	RecvSide  Direction = Direction(stRecvShut)
	SendSide  Direction = Direction(stSendShut)
	BothSides           = RecvSide | SendSide
)

// Shutdown ends one or both directions. The send side: sends accepted so far
// still go out, then the peer sees the end of the stream; new sends are
// refused with ErrShutdown. The receive side: new receives are refused with
// ErrShutdown; those pending go on (C66), and the peer isn't told.
func (s *Socket) Shutdown(dir Direction) error {
	if dir == 0 || dir&^BothSides != 0 {
		return s.fault("shutdown", ErrInvalid)
	}
	if err := s.allows(driver.KindPost); err != nil && !errors.Is(err, ErrShutdown) {
		return s.fault("shutdown", err)
	}
	old := s.state.Or(uint32(dir))
	if dir&SendSide == 0 || old&stSendShut != 0 {
		return nil
	}
	return s.fault("shutdown", s.stream().ShutdownSend())
}

// Close closes the socket. Pending operations complete with net.ErrClosed,
// possibly after Close has returned; what the kernel had already accepted for
// sending is still delivered, in the background (see Linger). A second Close
// returns net.ErrClosed.
func (s *Socket) Close() error {
	return s.shut(func() error { return s.fault("close", s.stream().Close()) })
}

// Abort closes the socket with a reset: unsent data is dropped, and the peer's
// operations fail. Pending operations complete with net.ErrClosed, as after Close;
// on a socket that is closed already it returns net.ErrClosed.
func (s *Socket) Abort() error {
	return s.shut(func() error { return s.fault("abort", s.stream().Abort()) })
}

// Undelivered is how many bytes of the sends accepted so far the peer doesn't
// have. It goes down as the peer receives, so one that takes its time can be
// told from one that has stopped; after a send is complete, too. Counted are
// what is left of pending sends, and what the system holds of those complete
// until the peer has acknowledged it. Windows tells neither how much of a pending
// send has left, nor what it holds (some 64 KiB): there, pending sends count
// whole and others don't. Backend portable may count 256 KiB too much during a
// send. It is 0 once the socket is closed.
func (s *Socket) Undelivered() int64 { return s.stream().Undelivered() }

// NoDelay turns TCP_NODELAY on or off. It is on for a new TCP socket, connected
// or accepted: what is sent leaves at once. Off, small sends wait for the peer's
// acknowledgement of earlier ones and travel together (Nagle's algorithm, which
// sockets of Windows have by default).
func (s *Socket) NoDelay(on bool) error {
	return s.fault("set TCP_NODELAY", s.stream().SetNoDelay(on))
}

// Linger says what Close does with data not yet delivered. 0 drops it and resets
// the connection. Any other time, positive or negative, leaves it to the system,
// which keeps trying in the background for as long as it does by default: on
// other systems' interfaces a positive time is how long close waits for that, and
// here Close never waits (which would take a thread of the system's for each). A
// program that wants to know that its data has arrived, or to give up at some
// time, ends its side (Shutdown) and watches Undelivered, or receives until the
// peer's end, before it closes or aborts.
func (s *Socket) Linger(d time.Duration) error {
	return s.fault("set SO_LINGER", s.stream().SetAbortive(d == 0))
}
