package server

import "runtime/debug"

// Handler is told what happens to connections. The callbacks of one
// connection are serialized; those of different connections are not.
//
// A callback that panics is logged with its stack and costs its connection: it
// is reset, and OnClose gets a [PanicError].
type Handler interface {
	// OnOpen is the first callback of a connection. Nothing is received
	// before it returns.
	OnOpen(c *Conn)

	// OnData brings what was received, at most iocp.Config.BufferSize bytes.
	// data is the callback's until it returns: to keep bytes, copy them.
	// Nothing more is received meanwhile, which is what slows down a peer
	// that sends faster than it is handled. OnData isn't called once the
	// connection is closing.
	OnData(c *Conn, data []byte)

	// OnClose is the last callback, called exactly once for each OnOpen,
	// when no operation of the connection is pending any more. err is nil
	// when the peer ended the stream and all that was queued for it has been
	// handed to the system. Otherwise it is the reason: net.ErrClosed after
	// Close or Abort, ErrServerClosed after Shutdown, a *PanicError, or what
	// went wrong on the connection; os.ErrDeadlineExceeded when the peer took
	// nothing of what was queued for Config.CloseTimeout.
	OnClose(c *Conn, err error)
}

// NopHandler does nothing in each callback. Embed it to write only some.
type NopHandler struct{}

// OnOpen does nothing.
func (NopHandler) OnOpen(*Conn) {}

// OnData does nothing: what was received is dropped.
func (NopHandler) OnData(*Conn, []byte) {}

// OnClose does nothing.
func (NopHandler) OnClose(*Conn, error) {}

func (c *Conn) callOpen() {
	defer c.recovered("OnOpen")
	c.srv.handler.OnOpen(c)
}

func (c *Conn) callData(data []byte) {
	defer c.recovered("OnData")
	c.srv.handler.OnData(c, data)
}

func (c *Conn) callClose(err error) {
	defer c.recovered("OnClose")
	c.srv.handler.OnClose(c, err)
}

// recovered keeps a callback's panic to its connection. It must be deferred
// itself: recover works in no function further down.
func (c *Conn) recovered(callback string) {
	v := recover()
	if v == nil {
		return
	}
	err := &PanicError{Callback: callback, Value: v, Stack: debug.Stack()}
	c.srv.panics.Add(1)
	c.srv.cfg.Logger.Error("handler panicked", "callback", callback, "conn", c.id,
		"remote", c.RemoteAddr(), "panic", v, "stack", string(err.Stack))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase != closed {
		c.breakOff(err)
		c.blame(err)
	}
}
