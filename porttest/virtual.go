package porttest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"iocp"
)

// virtual makes foreign ends where package net can't reach: they are sockets of
// a second port on the network of the ports under test, served by a worker of
// their own.
type virtual struct {
	port *iocp.Port
	gone chan struct{} // the worker is closed
}

func newVirtual(t *trial) *virtual {
	v := &virtual{port: t.harness.New(t, iocp.Config{}), gone: make(chan struct{})}
	go v.serve()
	return v
}

// serve hands each packet to the call that waits for it.
func (v *virtual) serve() {
	defer close(v.gone)
	w := v.port.Worker()
	defer w.Close()
	batch := make([]iocp.Completion, 16)
	for {
		n, err := w.Wait(batch, iocp.Infinite)
		if err != nil {
			return
		}
		for _, c := range batch[:n] {
			c.Op.Owner.(chan iocp.Completion) <- c
		}
	}
}

func (v *virtual) close() {
	v.port.Close()
	<-v.gone
}

// call starts an operation and waits for its packet. When the deadline passes
// it cancels the operation, whose packet then says how far it came.
func call(deadline time.Time, start, cancel func(*iocp.Op) error) iocp.Completion {
	got := make(chan iocp.Completion, 1)
	op := &iocp.Op{Owner: got}
	if err := start(op); err != nil {
		return iocp.Completion{Err: err}
	}
	ctx, stop := context.WithDeadline(context.Background(), deadline)
	defer stop()
	select {
	case c := <-got:
		return c
	case <-ctx.Done():
		cancel(op)
	}
	c := <-got
	if errors.Is(c.Err, iocp.ErrAborted) {
		c.Err = os.ErrDeadlineExceeded
	}
	return c
}

func (v *virtual) listen(at netip.AddrPort) (peerListener, error) {
	l, err := v.port.Listen(at, iocp.ListenConfig{})
	if err != nil {
		return nil, err
	}
	return &virtualListener{Listener: l, v: v}, v.port.Associate(l, nil)
}

// connected makes a peer's end of a socket that is about to be connected.
func (v *virtual) connected(s *iocp.Socket, connect func(*iocp.Op) error, deadline time.Time) (peerConn, error) {
	err := v.port.Associate(s, nil)
	if err == nil {
		err = call(deadline, connect, s.Cancel).Err
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return newVirtualConn(s), nil
}

func (v *virtual) dial(from, to netip.AddrPort, deadline time.Time) (peerConn, error) {
	s, err := v.port.NewSocket(iocp.FamilyOf(to.Addr()))
	if err != nil {
		return nil, err
	}
	if from.IsValid() {
		if err := s.Bind(from); err != nil {
			s.Close()
			return nil, err
		}
	}
	return v.connected(s, func(op *iocp.Op) error { return s.Connect(op, to) }, deadline)
}

// limit is a deadline that may be changed at any time.
type limit struct{ at atomic.Pointer[time.Time] }

func (l *limit) SetDeadline(t time.Time) error { l.at.Store(&t); return nil }

func (l *limit) deadline() time.Time {
	if t := l.at.Load(); t != nil && !t.IsZero() {
		return *t
	}
	return time.Now().Add(bound)
}

type virtualListener struct {
	*iocp.Listener
	limit
	v *virtual
}

func (l *virtualListener) Accept() (net.Conn, error) {
	c := call(l.deadline(), l.Listener.Accept, l.Cancel)
	if c.Err != nil {
		return nil, c.Err
	}
	return newVirtualConn(c.Socket), l.v.port.Associate(c.Socket, nil)
}

func (l *virtualListener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.Listener.Addr()) }

// virtualConn is a socket as package net would have it.
type virtualConn struct {
	limit
	s             *iocp.Socket
	local, remote net.Addr
}

func newVirtualConn(s *iocp.Socket) *virtualConn {
	return &virtualConn{s: s, local: net.TCPAddrFromAddrPort(s.Addr()), remote: net.TCPAddrFromAddrPort(s.RemoteAddr())}
}

func (c *virtualConn) Read(b []byte) (int, error) {
	got := call(c.deadline(), func(op *iocp.Op) error { return c.s.Recv(op, b) }, c.s.Cancel)
	if got.N == 0 && got.Err == nil && len(b) > 0 {
		return 0, io.EOF
	}
	return got.N, got.Err
}

func (c *virtualConn) Write(b []byte) (int, error) {
	sent := call(c.deadline(), func(op *iocp.Op) error { return c.s.Send(op, b) }, c.s.Cancel)
	return sent.N, sent.Err
}

func (c *virtualConn) CloseWrite() error { return c.s.Shutdown(iocp.SendSide) }
func (c *virtualConn) SetLinger(seconds int) error {
	return c.s.Linger(time.Duration(seconds) * time.Second)
}
func (c *virtualConn) SetReadBuffer(int) error          { return nil } // it holds little anyhow
func (c *virtualConn) Close() error                     { return c.s.Close() }
func (c *virtualConn) LocalAddr() net.Addr              { return c.local }
func (c *virtualConn) RemoteAddr() net.Addr             { return c.remote }
func (c *virtualConn) SetReadDeadline(time.Time) error  { return iocp.ErrNotSupported }
func (c *virtualConn) SetWriteDeadline(time.Time) error { return iocp.ErrNotSupported }
