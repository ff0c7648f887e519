package server

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"iocp"
)

// Conn is one connection of a server. All methods may be called from any
// goroutine, in callbacks and outside, until OnClose and after it.
type Conn struct {
	srv  *Server
	sock *iocp.Socket
	id   uint64
	recv iocp.Op // its Owner is the user's data, guarded by mu

	mu   sync.Mutex
	odd  atomic.Pointer[oddity] // changed with mu held
	turn atomic.Uint32          // the turn of the callback that runs, if any
	slot int32                  // where the server's list has it; guarded by the server's mu
}

// ID tells the connections of one server apart. It is a number from 1 up, and never
// used again.
func (c *Conn) ID() uint64 { return c.id }

func (c *Conn) port() *iocp.Port { return c.srv.portOf(c.id) }

// Server is the connection's server.
func (c *Conn) Server() *Server { return c.srv }

// RemoteAddr is the peer's address, also after OnClose; invalid for Unix sockets.
func (c *Conn) RemoteAddr() netip.AddrPort { return c.sock.RemoteAddr() }

// LocalAddr is the address at which the connection was accepted; invalid once the
// connection is closed, and for Unix sockets.
func (c *Conn) LocalAddr() netip.AddrPort { return c.sock.Addr() }

// SetData attaches the user's own state to the connection, in place of what was
// there. The server neither reads nor changes it.
func (c *Conn) SetData(data any) {
	c.mu.Lock()
	c.recv.Owner = data
	c.unlock()
}

// Data is what SetData was last given, or nil.
func (c *Conn) Data() any {
	c.mu.Lock()
	defer c.unlock()
	return c.recv.Owner
}

// unlock releases mu.
func (c *Conn) unlock() {
	if o := c.odd.Load(); o != nil && o.over() {
		c.odd.Store(nil)
		o.recycle()
	}
	c.mu.Unlock()
}

// Queued is the number of bytes in the send queue, those being sent included.
func (c *Conn) Queued() int {
	c.mu.Lock()
	defer c.unlock()
	return c.queued()
}

// queued is Queued for callers that hold mu.
func (c *Conn) queued() int { return c.state().out.bytes }

// Close closes the connection gracefully: nothing more may be sent, what is
// queued goes out, then the peer sees the end of the stream. What the peer
// still sends is dropped until it ends its side too; then, or when nothing has
// moved for Config.CloseTimeout, the socket is closed and OnClose called. Close itself
// doesn't wait. It returns net.ErrClosed when the connection is closing
// already.
func (c *Conn) Close() error { return c.closeFor(net.ErrClosed) }

// Abort resets the connection: what is queued is dropped. A callback under way
// isn't interrupted; OnClose follows it. Abort doesn't wait. It may follow a
// Close that takes too long, and returns net.ErrClosed when the connection is
// closed already.
func (c *Conn) Abort() error {
	c.mu.Lock()
	defer c.unlock()
	if !c.breakOff(net.ErrClosed) {
		return net.ErrClosed
	}
	return nil
}

// CloseWrite ends our side of the stream: nothing more may be sent, what is queued
// goes out, then the peer sees the end. What the peer sends still comes to OnData
// until it ends its side too; then the connection is closed and OnClose called,
// with nil. If it has done so before, which only an [EndHandler] lives to see,
// that is when the queue is empty, within the bounds of Config.CloseTimeout.
// CloseWrite doesn't wait. It returns net.ErrClosed when nothing may be sent
// any more.
func (c *Conn) CloseWrite() error {
	c.mu.Lock()
	defer c.unlock()
	if s := c.state(); s.phase != open || s.shut {
		return net.ErrClosed
	}
	o := c.change()
	o.shut, o.refused = true, false
	o.out.waiters.fail(net.ErrClosed)
	if o.ended {
		c.startClosing(nil)
	}
	c.finish()
	c.wake()
	return nil
}

// Blocking runs f, which may block: on a lock, a channel, a database, another
// machine. Meanwhile another worker, started if need be, takes the place of this
// one, so any number of callbacks may block at a time, one for each connection
// at most. Only the connection's own callbacks may call it, in the goroutine
// that they are called in; in another one, while no callback of the connection
// runs, it just runs f.
//
// A callback that blocks without saying so holds up a worker: see Config.Workers.
// With Config.Blocking every callback is run like that.
func (c *Conn) Blocking(f func()) {
	if by := c.by(); by != nil {
		by.blocking(f)
	} else {
		f()
	}
}

// Pause stops reading from the connection: after the OnData under way, if any,
// nothing more is received until Resume. The peer's end of stream isn't
// noticed meanwhile either.
func (c *Conn) Pause() {
	c.mu.Lock()
	c.change().paused = true
	c.unlock()
}

// Resume undoes Pause. Any goroutine may call it, such as a timer's.
func (c *Conn) Resume() {
	c.mu.Lock()
	if c.isOdd() {
		c.change().paused = false
		c.wake()
	}
	c.unlock()
}
