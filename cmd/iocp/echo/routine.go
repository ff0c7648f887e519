package echo

import (
	"context"
	"fmt"
	"time"

	"iocp/cmd/iocp/internal/service"
	"iocp/routine"
)

// routineServer is the chapter's first echo server: one goroutine that accepts
// and, in alertable waits, runs completion routines. Nothing of it is locked,
// since nothing of it is ever done by two at a time.
type routineServer struct {
	cfg      service.Config
	thread   *routine.Thread
	ln       *routine.Listener
	accepts  acceptor
	failing  bool // accepting failed, and that was logged
	conns    map[*routineConn]struct{}
	stopping bool
	deadline time.Time // for peers to take what is sent to them, once stopping
}

// routineBuffer is how much is received at a time: 1024 bytes, as in the
// chapter, with its texts or without.
const routineBuffer = 1024

// routineConn is one connection. Its one operation receives and sends in turn,
// so that a peer which never reads isn't read from either.
type routineConn struct {
	server  *routineServer
	sock    *routine.Socket
	op      routine.Op // its Owner leads back here: the chapter's use of hEvent
	reading bool       // op is pending, as a receive
	buf     [routineBuffer]byte
}

// ServeRoutine runs the server on completion routines until ctx is done and
// what was received has been sent back. accept is AcceptPoll or AcceptOp.
func ServeRoutine(ctx context.Context, accept string, cfg service.Config) error {
	s := &routineServer{cfg: cfg, conns: map[*routineConn]struct{}{}}
	switch accept {
	case AcceptPoll:
		s.accepts = &polling{s}
	case AcceptOp:
		s.accepts = newArmed(s)
	default:
		return fmt.Errorf("there is no way to accept called %q: choose %s or %s", accept, AcceptPoll, AcceptOp)
	}
	var err error
	if s.thread, err = routine.New(routine.Config{Backend: cfg.Backend}); err != nil {
		return err
	}
	defer s.thread.Close()
	if s.ln, err = service.Listen(s.thread, cfg.Listen); err != nil {
		return err
	}
	var stop routine.Op
	defer context.AfterFunc(ctx, func() { s.thread.Queue(&stop, s.stop) })()
	cfg.Ready(s.ln.Addr(), s.thread.Backend())
	return s.loop()
}

func (s *routineServer) loop() error {
	for !s.stopping {
		if _, err := s.thread.SleepEx(s.accepts.accept(), true); err != nil {
			return err
		}
	}
	for len(s.conns) > 0 {
		ran, err := s.thread.SleepEx(max(time.Until(s.deadline), 0), true)
		if err != nil {
			return err
		}
		if !ran {
			s.cfg.Log.Warn("some peers did not take their data in time")
			break
		}
	}
	return nil
}

// stop is the routine that ends the server: it ends the receives that are
// pending. What they had received by then is sent back all the same.
func (s *routineServer) stop(error, int, *routine.Op) {
	s.stopping = true
	s.deadline = time.Now().Add(drainMax)
	s.ln.Close()
	for c := range s.conns {
		if c.reading {
			c.sock.Cancel(&c.op)
		}
	}
}

func (s *routineServer) open(sock *routine.Socket) {
	c := &routineConn{server: s, sock: sock}
	c.op.Owner = c
	sock.KeepAlive(s.cfg.Probes())
	s.conns[c] = struct{}{}
	s.cfg.Say("Client connected.....\n")
	s.cfg.Joined(sock.RemoteAddr())
	c.read()
}

// read offers the whole buffer. The chapter's program offers as much as the
// last message was long, so that one short message makes all receives short.
func (c *routineConn) read() {
	c.reading = true
	if err := c.sock.Recv(&c.op, readDone, c.buf[:]); err != nil {
		c.end(err)
	}
}

// readDone is the chapter's ReadCompRoutine.
func readDone(err error, n int, op *routine.Op) {
	c := op.Owner.(*routineConn)
	c.reading = false
	c.trace(err, n, false)
	if err == nil && n > 0 {
		if err = c.sock.Send(op, writeDone, c.buf[:n]); err == nil {
			return
		}
	}
	c.end(err)
}

// writeDone is the chapter's WriteCompRoutine.
func writeDone(err error, n int, op *routine.Op) {
	c := op.Owner.(*routineConn)
	c.trace(err, n, true)
	if err != nil || c.server.stopping {
		c.end(err)
		return
	}
	c.read()
}

func (c *routineConn) trace(err error, n int, write bool) {
	if cfg := &c.server.cfg; cfg.Verbose {
		cfg.Log.Debug("completion", "peer", c.sock.RemoteAddr(), "write", write, "n", n, "err", err)
	}
}

// end closes the connection, of which no operation is pending any more.
func (c *routineConn) end(err error) {
	s, peer := c.server, c.sock.RemoteAddr()
	if lost(err) {
		s.cfg.Lost(peer, err)
		c.sock.Abort()
	} else {
		c.sock.Close()
	}
	delete(s.conns, c)
	s.cfg.Say("Client disconnected.....\n")
	s.cfg.Left(peer)
}

// acceptFailed logs the first of a series of failures.
func (s *routineServer) acceptFailed(err error) {
	if !s.failing {
		s.cfg.Log.Error("accepting failed, trying again", "err", err)
	}
	s.failing = true
}
