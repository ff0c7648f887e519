package iocp

import (
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
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

// shut closes the handle, which is on, once, by the given means.
func (h *handle) shut(on origin, by func() error) error {
	if h.state.Or(stClosed)&stClosed != 0 {
		return faultOf("close", on, nil, net.ErrClosed)
	}
	err := by()
	driver.Freed()
	return err
}

// Socket is a connection, or a socket to be connected, over TCP or a Unix
// socket (see [Port.NewUnixSocket]). All methods may be called from any
// goroutine.
//
// Several receives and several sends may be pending at a time; receives are
// filled, and sends go on the wire, in the order in which they were started.
type Socket struct{ handle }

func newSocket(s driver.Stream, state uint32) *Socket {
	sock := &Socket{handle: handle{drv: s}}
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

// Connect connects the socket (ConnectEx). After a refused or failed connect
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

// Recv receives into bufs, in order (WSARecv). It completes as soon as there
// is anything: 1 to len(bufs) bytes, or 0 at the end of the stream. With
// buffers of no length it completes when there is something to receive, and
// consumes nothing. The slice headers are copied; the bytes are the port's
// until the completion is dequeued, and what is behind N then is undefined.
func (s *Socket) Recv(op *Op, bufs ...[]byte) error {
	if len(bufs) == 0 {
		return s.fault("recv", ErrInvalid)
	}
	return s.transfer(op, driver.KindRecv, bufs)
}

// RecvPooled receives into a buffer that the completion brings along
// (Completion.Buf): none is held while nothing comes. The end of the stream
// is N == 0 without a Buf. A socket whose completions hold Config.BufferCredit
// unreleased buffers isn't read from until one is released; Stats.SocketsHeldByCredit
// tells how many wait so, and Buf how to find who forgets to release.
func (s *Socket) RecvPooled(op *Op) error {
	return s.transfer(op, driver.KindRecvPooled, nil)
}

// Send sends all of bufs, in order and unmixed with other sends (WSASend). It
// completes with the full count, or with an error and as many bytes as are
// known to have left; after an error the connection should be closed. That a
// send is complete means that its buffers are free, not that the peer has the
// data. The slice headers are copied; the bytes must not change until the
// completion is dequeued.
func (s *Socket) Send(op *Op, bufs ...[]byte) error {
	return s.transfer(op, driver.KindSend, bufs)
}

// TrySend sends what of b the system takes at once, without an operation and
// without a completion, and reports how many bytes that was: from 1 to len(b).
// ErrWouldBlock says that it takes nothing: sends of the socket are pending, or
// there is no room, or the backend has no such call (uring and epoll have it).
// It never waits, and b is the caller's again when it returns. What it didn't
// take is for Send.
func (s *Socket) TrySend(b []byte) (int, error) {
	err := s.allows(driver.KindSend)
	if err == nil {
		var p *Port
		if p, err = s.usable(); err == nil && p.closing() {
			err = ErrClosed
		}
	}
	if err != nil {
		return 0, s.fault("send", err)
	}
	now, ok := s.drv.(driver.NowSender)
	if !ok || len(b) == 0 {
		return 0, ErrWouldBlock
	}
	n, err := now.SendNow(b[:min(len(b), driver.TransferMax)])
	switch err {
	case nil:
		return n, nil
	case driver.ErrWouldBlock:
		return 0, ErrWouldBlock
	}
	s.settle(driver.KindSend, err)
	return 0, s.fault("send", err)
}

func (s *Socket) transfer(op *Op, kind driver.Kind, bufs [][]byte) error {
	if err := s.allows(kind); err != nil {
		return s.fault(kind.String(), err)
	}
	p, err := s.usable()
	if err != nil {
		return s.fault(kind.String(), err)
	}
	if err := p.enter(op, kind, s); err != nil {
		return s.fault(kind.String(), err)
	}
	op.d.SetBufs(bufs)
	op.d.Lend()
	switch kind {
	case driver.KindRecv:
		err = s.stream().Recv(&op.d)
	case driver.KindRecvPooled:
		err = s.stream().RecvPooled(&op.d)
	case driver.KindSend:
		err = s.stream().Send(&op.d)
	default:
		panic(kind.Misplaced())
	}
	if err != nil {
		op.d.Decline(err)
		p.refuse(op)
		s.settle(kind, err)
		return s.fault(kind.String(), err)
	}
	return nil
}

// start is transfer for the operations that carry no buffers.
func (s *Socket) start(op *Op, kind driver.Kind, begin func(*driver.Op) error) error {
	p, err := s.usable()
	if err != nil {
		return err
	}
	if err := p.enter(op, kind, s); err != nil {
		return err
	}
	op.d.Lend()
	if err := begin(&op.d); err != nil {
		op.d.Decline(err)
		p.refuse(op)
		return err
	}
	return nil
}

// allows refuses what the socket's state rules out (C64, C65, C69, C77).
func (s *Socket) allows(kind driver.Kind) error {
	st := s.state.Load()
	shut := stRecvShut
	if kind == driver.KindSend {
		shut = stSendShut
	}
	switch {
	case st&stClosed != 0:
		return net.ErrClosed
	case st&stReset != 0:
		return ErrReset
	case st&stConnected == 0:
		return ErrNotConnected
	case st&shut != 0:
		return ErrShutdown
	}
	return nil
}

// settle takes note of how an operation ended.
func (s *Socket) settle(kind driver.Kind, err error) {
	if kind == driver.KindConnect {
		if err == nil {
			s.state.Or(stConnected)
		}
		s.clear(stConnecting)
		return
	}
	if err != nil && errors.Is(err, ErrReset) {
		s.state.Or(stReset)
	}
}

// fault is an error of the socket.
func (s *Socket) fault(op string, err error) error { return faultOf(op, s, nil, err) }

// Direction is one or both directions of a connection.
type Direction uint32

// The directions of Shutdown.
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
	return s.shut(s, func() error { return s.fault("close", s.stream().Close()) })
}

// Abort closes the socket with a reset: unsent data is dropped, and the peer's
// operations fail.
func (s *Socket) Abort() error {
	return s.shut(s, func() error { return s.fault("abort", s.stream().Abort()) })
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
// sockets of Windows, and so those of the chapter, have by default).
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
