// Command port is the echo server on the bare completion port.
package main

import (
	"net/netip"

	"iocp"
	"iocp/bench/internal/peer"
)

func main() { peer.Main(serve) }

// conn is one connection: the key of its completions. It has one operation
// under way at a time, so that only one worker at a time deals with it.
type conn struct {
	sock *iocp.Socket
	recv iocp.Op
	send iocp.Op
	buf  iocp.Buf // what was received and is being sent back
}

func serve(o peer.Options) error {
	port, err := iocp.New(iocp.Config{Backend: o.Backend, Concurrency: o.Loops})
	if err != nil {
		return err
	}
	addr, err := netip.ParseAddrPort(o.Addr)
	if err != nil {
		return err
	}
	ln, err := port.Listen(addr, iocp.ListenConfig{})
	if err != nil {
		return err
	}
	if err := port.Associate(ln, nil); err != nil {
		return err
	}
	var accept iocp.Op
	if err := ln.AcceptMany(&accept); err != nil {
		return err
	}
	peer.Announce(ln.Addr(), port.Backend())
	failed := make(chan error)
	for range 2 * port.Stats().Concurrency {
		go func() { failed <- work(port) }()
	}
	return <-failed
}

func work(port *iocp.Port) error {
	w := port.Worker()
	defer w.Close()
	batch := make([]iocp.Completion, 64)
	for {
		n, err := w.Wait(batch, iocp.Infinite)
		if err != nil {
			return err
		}
		for i := range batch[:n] {
			handle(port, &batch[i])
		}
	}
}

func handle(port *iocp.Port, done *iocp.Completion) {
	c, ok := done.Key.(*conn)
	switch {
	case !ok:
		open(port, done.Socket)
	case done.Op == &c.recv:
		c.received(done)
	default:
		c.sent(done.Err)
	}
}

func open(port *iocp.Port, sock *iocp.Socket) {
	if sock == nil {
		return // the end of accepting, or no descriptors left for now
	}
	c := &conn{sock: sock}
	if port.Associate(sock, c) != nil {
		sock.Abort()
		return
	}
	sock.NoDelay(true)
	c.receive()
}

func (c *conn) receive() {
	if c.sock.RecvPooled(&c.recv) != nil {
		c.sock.Close()
	}
}

func (c *conn) received(done *iocp.Completion) {
	if done.Err != nil || done.N == 0 {
		c.sock.Close()
		return
	}
	c.buf = done.Buf
	if err := c.sock.Send(&c.send, c.buf.Bytes()); err != nil {
		c.buf.Release()
		c.sock.Close()
	}
}

func (c *conn) sent(err error) {
	c.buf.Release()
	if err != nil {
		c.sock.Close()
		return
	}
	c.receive()
}
