package portnet

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"iocp"
)

// Conn is a connection, over TCP or a Unix socket: a net.Conn. All methods may be
// called from any goroutine. Reads come one after the other, and so do writes, whole;
// a read and a write don't wait for each other.
//
// A buffer is the port's during the call that it was given to, and not a moment
// longer: a Read or Write that a deadline wakes returns when the port has given it
// back.
type Conn struct {
	net           *Network
	sock          *iocp.Socket
	network       string
	local, remote net.Addr
	in, out       half
	one           [1][]byte // what a Write sends; of whose turn it is
}

func (n *Network) newConn(sock *iocp.Socket, network string, local, remote net.Addr) *Conn {
	c := &Conn{net: n, sock: sock, network: network, local: local, remote: remote}
	c.in.init(sock)
	c.out.init(sock)
	if network != "unix" {
		// As package net has it: a peer that is gone without a word is noticed.
		sock.KeepAlive(net.KeepAliveConfig{Enable: true})
	}
	return c
}

// tcpAddr is an address as package net has it.
func tcpAddr(a netip.AddrPort) net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(a.Addr().Unmap(), a.Port()))
}

func (c *Conn) fail(op string, err error) error {
	return opError(op, c.network, c.local, c.remote, err)
}

// Read reads what there is, and waits as long as that is nothing. The end of the
// stream is io.EOF. All of b may be overwritten, also behind what was read.
func (c *Conn) Read(b []byte) (int, error) {
	n, err := c.read(b)
	if err != nil && err != io.EOF {
		err = c.fail("read", err)
	}
	return n, err
}

func (c *Conn) read(b []byte) (int, error) {
	h := &c.in
	h.turn.Lock()
	defer h.turn.Unlock()
	if len(b) == 0 {
		return 0, h.ready()
	}
	for {
		switch n, err := h.do(func(op *iocp.Op) error { return c.sock.Recv(op, b) }); {
		case n > 0:
			return n, nil // an error, if any, comes again
		case err == nil:
			return 0, io.EOF
		case !errors.Is(err, iocp.ErrAborted):
			return 0, err
		}
	}
}

// Write sends all of b, unless it fails or its deadline passes; then n tells how much
// of it is known to have left. After a deadline the connection can be used as before,
// but the peer may have any part of b that Windows had already: there, n may be too
// small.
func (c *Conn) Write(b []byte) (n int, err error) {
	c.out.turn.Lock()
	defer c.out.turn.Unlock()
	if err = c.out.ready(); err == nil && len(b) > 0 {
		n, err = c.write(b)
	}
	return n, c.fail("write", err)
}

// write tries first what needs no packet.
func (c *Conn) write(b []byte) (int, error) {
	n, err := c.sock.TrySend(b)
	if err != nil && err != iocp.ErrWouldBlock || n == len(b) {
		return n, err
	}
	c.one[0] = b[n:]
	left := net.Buffers(c.one[:])
	more, err := c.send(&left)
	c.one[0] = nil
	return n + int(more), err
}

// send sends all of bufs, and leaves there what it didn't.
func (c *Conn) send(bufs *net.Buffers) (sent int64, err error) {
	for len(*bufs) > 0 {
		n, err := c.out.do(func(op *iocp.Op) error { return c.sock.Send(op, *bufs...) })
		sent += int64(n)
		skip(bufs, n)
		if err != nil && !errors.Is(err, iocp.ErrAborted) {
			return sent, err
		}
	}
	return sent, nil
}

// skip takes the first n bytes from bufs, and the buffers that are then empty.
func skip(bufs *net.Buffers, n int) {
	for len(*bufs) > 0 && n >= len((*bufs)[0]) {
		n -= len((*bufs)[0])
		(*bufs)[0] = nil
		*bufs = (*bufs)[1:]
	}
	if n > 0 {
		(*bufs)[0] = (*bufs)[0][n:]
	}
}

// WriteBuffers sends all of bufs, in one operation and unmixed with other writes, as
// net.Buffers.WriteTo does for the connections of package net: what was sent is
// taken from bufs. (On a Conn, WriteTo itself makes a Write for each: it knows only
// package net's own.)
func (c *Conn) WriteBuffers(bufs *net.Buffers) (sent int64, err error) {
	c.out.turn.Lock()
	defer c.out.turn.Unlock()
	if err = c.out.ready(); err == nil {
		sent, err = c.send(bufs)
	}
	return sent, c.fail("write", err)
}

// Close closes the connection. Reads and writes under way return net.ErrClosed, and so
// does a second Close. What the system had taken for sending is still delivered, in
// the background.
func (c *Conn) Close() error {
	c.in.end(net.ErrClosed)
	c.out.end(net.ErrClosed)
	return c.fail("close", c.sock.Close())
}

// CloseRead ends the receiving side: reads, also one under way, say io.EOF. The peer
// isn't told. Unlike with package net on Linux, what has come already isn't read
// any more.
func (c *Conn) CloseRead() error {
	err := c.sock.Shutdown(iocp.RecvSide)
	if err == nil {
		c.in.end(io.EOF)
	}
	return c.fail("close", err)
}

// CloseWrite ends the sending side, after what was written: the peer reads the end of
// the stream. Reads go on.
func (c *Conn) CloseWrite() error {
	return c.fail("close", c.sock.Shutdown(iocp.SendSide))
}

// LocalAddr is this end's address, also after Close: a *net.TCPAddr or *net.UnixAddr.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr is the peer's address, also after Close: a *net.TCPAddr or *net.UnixAddr.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (c *Conn) SetDeadline(t time.Time) error {
	err := c.in.setDeadline(t)
	return c.fail("set", errors.Join(openErr(err), c.out.setDeadline(t)))
}

// SetReadDeadline sets when reads expire, those under way too: they return
// os.ErrDeadlineExceeded, then and until the deadline is set again. One that has
// passed wakes them at once. The zero time is none.
func (c *Conn) SetReadDeadline(t time.Time) error {
	return c.fail("set", openErr(c.in.setDeadline(t)))
}

// openErr is no error for a side that was ended while the connection is open.
func openErr(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// SetWriteDeadline is SetReadDeadline for writes. A write that has expired may have
// sent some of what it was given.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	return c.fail("set", c.out.setDeadline(t))
}

// SetNoDelay says whether what is written leaves at once (TCP_NODELAY), as it does by
// default.
func (c *Conn) SetNoDelay(on bool) error { return c.fail("set", c.sock.NoDelay(on)) }

// SetKeepAlive turns TCP's keepalive probes on, as they are by default, or off.
func (c *Conn) SetKeepAlive(on bool) error {
	return c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: on, Idle: -1, Interval: -1, Count: -1})
}

// SetKeepAlivePeriod sets after what silence probes begin; zero is 15 seconds.
func (c *Conn) SetKeepAlivePeriod(d time.Duration) error {
	return c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: d, Interval: -1, Count: -1})
}

// SetKeepAliveConfig sets the probes (see iocp.Socket.KeepAlive).
func (c *Conn) SetKeepAliveConfig(cfg net.KeepAliveConfig) error {
	return c.fail("set", c.sock.KeepAlive(cfg))
}

// SetLinger says what Close does with data not yet delivered: 0 drops it and resets
// the connection; any other number of seconds leaves it to the system, and Close
// doesn't wait (see iocp.Socket.Linger).
func (c *Conn) SetLinger(sec int) error {
	return c.fail("set", c.sock.Linger(time.Duration(sec)*time.Second))
}
