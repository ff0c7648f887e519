package server

import "runtime/debug"

// callback is one of the methods of a handler.
type callback uint8

const (
	onOpen callback = iota
	onData
	onEnd
	onWritable
	onClose
)

var callbacks = [...]string{"OnOpen", "OnData", "OnEnd", "OnWritable", "OnClose"}

// call runs a callback in the goroutine whose turn it is.
func (c *Conn) call(which callback, data []byte, cause error) {
	returned := false
	defer c.called(which, &returned)
	if c.srv.cfg.Blocking {
		c.by().blocking(func() { c.invoke(which, data, cause) })
	} else {
		c.invoke(which, data, cause)
	}
	returned = true
}

func (c *Conn) invoke(which callback, data []byte, cause error) {
	switch which {
	case onOpen:
		c.srv.handler.OnOpen(c)
	case onData:
		c.srv.handler.OnData(c, data)
	case onEnd:
		c.srv.ends.OnEnd(c)
	case onWritable:
		c.srv.writables.OnWritable(c)
	case onClose:
		c.srv.handler.OnClose(c, cause)
	}
}

// called keeps what goes wrong in a callback to its connection. It must be
// deferred itself: recover works in no function further down.
func (c *Conn) called(which callback, returned *bool) {
	if *returned {
		return
	}
	v := recover()
	exits := v == nil // a panic with nil is a *runtime.PanicNilError
	if exits {
		v = ErrGoexit
	}
	err := &PanicError{Callback: callbacks[which], Value: v, Stack: debug.Stack()}
	c.srv.panics.Add(1)
	c.srv.cfg.Logger.Error("handler panicked", "callback", err.Callback, "conn", c.id,
		"remote", c.RemoteAddr(), "panic", v, "stack", string(err.Stack))
	c.mu.Lock()
	defer c.unlock()
	if c.state().phase == closed {
		return
	}
	c.breakOff(err)
	c.blame(err)
	if exits {
		c.abandon()
	}
}

// abandon leaves the receiving chain, if it was this goroutine that carried it
// on, to a worker: this one ends. The caller holds mu; the connection is broken.
func (c *Conn) abandon() {
	aside := c.state().aside
	held := c.free()
	if held != nil {
		held.Buf.Release()
	}
	if !aside || held != nil {
		c.change().in = resting
		c.wake()
	}
}
