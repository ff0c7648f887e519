package load

import (
	"errors"
	"fmt"
	"io"
	"time"

	"iocp"
)

// conn is one connection: the key of its completions. It has at most one
// receive and one send pending. Only its worker touches it.
type conn struct {
	id   int // over all workers
	w    *worker
	sock *iocp.Socket
	recv iocp.Op
	send iocp.Op

	admitted int64           // messages whose time has come
	answered int64           // messages that came back
	times    []time.Duration // closed loop: when the messages on their way were admitted

	sent, got int64 // bytes given to Send; received and checked
	sending   bool
	dead      bool
}

// place is where in the pattern a byte of the stream stands. Connections are
// apart, so that bytes of another one are found to be wrong.
func (c *conn) place(offset int64) int64 { return int64(c.id)*7919 + offset }

// refill admits what the closed loop allows.
func (c *conn) refill(now time.Duration) {
	depth := int64(len(c.times))
	for depth > 0 && c.admitted < c.answered+depth && now < c.w.run.end() {
		c.times[c.admitted%depth] = now
		c.admit()
	}
}

func (c *conn) admit() {
	c.admitted++
	c.w.onTheWay++
}

// started is when a message that has not been answered became due.
func (c *conn) started(message int64) time.Duration {
	if depth := int64(len(c.times)); depth > 0 {
		return c.times[message%depth]
	}
	return c.w.run.schedule.due(message*int64(c.w.run.cfg.Conns) + int64(c.id))
}

// pump sends what is admitted, a chunk at a time.
func (c *conn) pump() error {
	if c.sending {
		return nil
	}
	ready := c.admitted
	if depth := c.w.run.cfg.Depth; depth > 0 {
		ready = min(ready, c.answered+int64(depth))
	}
	left := ready*int64(c.w.run.cfg.Size) - c.sent
	if left == 0 {
		return nil
	}
	chunk := c.w.run.pattern.at(c.place(c.sent), int(min(left, chunkMax)))
	if err := c.sock.Send(&c.send, chunk); err != nil {
		return err
	}
	c.sending = true
	c.sent += int64(len(chunk))
	return nil
}

// received checks and counts what came, and goes on.
func (c *conn) received(data []byte, now time.Duration) error {
	if len(data) == 0 {
		return io.EOF
	}
	if i := c.w.run.pattern.differs(data, c.place(c.got)); i >= 0 {
		return &CorruptError{c.id, c.got + int64(i)}
	}
	c.got += int64(len(data))
	if c.got > c.sent {
		return &CorruptError{c.id, c.sent}
	}
	for complete := c.got / int64(c.w.run.cfg.Size); c.answered < complete; c.answered++ {
		c.w.answer(c.started(c.answered), now)
	}
	c.refill(now)
	return c.pump()
}

// CorruptError is an echo that isn't what was sent.
type CorruptError struct {
	Conn   int   // which connection, from 0
	Offset int64 // of the first wrong byte in what came back on it
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("connection %d: byte %d that came back is not what was sent", e.Conn, e.Offset)
}

// lost says what happened to the connection.
func (c *conn) lost(err error) error {
	var op *iocp.OpError
	switch {
	case errors.As(err, new(*CorruptError)):
		return err
	case errors.As(err, &op):
		err = op.Err
	case err == io.EOF:
		err = errors.New("the server closed it")
	}
	return fmt.Errorf("connection %d is lost after %d bytes of echo and with %d messages unanswered: %w",
		c.id, c.got, c.admitted-c.answered, err)
}
