package server

// Handler is told what happens to connections. The callbacks of one
// connection are serialized; those of different connections are not.
//
// A callback that panics, or ends its goroutine (runtime.Goexit, which is what
// t.FailNow does), is logged with its stack and costs its connection: it is
// reset, and OnClose gets a [PanicError]. The server goes on.
//
// A handler that also is an [EndHandler] or a [WritableHandler] is told more.
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

// EndHandler is a Handler whose connections may stay open when the peer has
// ended its stream: for answers that come later. Without it the end of the
// peer's stream closes the connection as soon as what is queued has gone.
type EndHandler interface {
	// OnEnd is called once, after the last OnData, when the peer has ended its
	// stream; not on a connection that is closing already. From then on nothing
	// is received, so nothing tells of a peer that is gone, until something
	// is sent. The connection stays open until CloseWrite, which then closes
	// it with nil as the reason, or Close or Abort; if CloseWrite has been called
	// before, it closes when OnEnd returns.
	OnEnd(c *Conn)
}

// WritableHandler is a Handler that wants to know when there is room in the
// queue again.
type WritableHandler interface {
	// OnWritable is called after a TrySend was refused with ErrQueueFull, when
	// the queue is at most half full again: once for any number of refusals
	// before it, and again after the next. It isn't called on a connection that
	// is closing. OnData isn't called between the refusal and OnWritable if it
	// was OnData that met with it.
	OnWritable(c *Conn)
}

// NopHandler does nothing in each callback. Embed it to write only some.
type NopHandler struct{}

// OnOpen does nothing.
func (NopHandler) OnOpen(*Conn) {}

// OnData does nothing: what was received is dropped.
func (NopHandler) OnData(*Conn, []byte) {}

// OnClose does nothing.
func (NopHandler) OnClose(*Conn, error) {}
