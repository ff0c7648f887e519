package echo

import (
	"cmp"
	"context"
	"sync"

	"iocp"
	"iocp/cmd/iocp/internal/service"
)

// mode tells what a perIO is used for.
type mode int

const (
	reading mode = iota
	writing
)

// perIO is one operation and what it needs. Its op.Owner leads back to it.
type perIO struct {
	op   iocp.Op
	mode mode
	buf  iocp.Buf // what was received and is sent back
	next *perIO   // in perHandle.free
}

// perHandle is one connection: the key of its completions. It is over when
// no operation is pending any more, and not before.
type perHandle struct {
	sock *iocp.Socket

	mu      sync.Mutex
	pending int    // operations not yet handled; the accept counts as one
	recv    *perIO // the pending receive, if any
	free    *perIO // idle; never more than the port's buffer credit and one
}

// servePort is the chapter's echo server on the bare completion port: the
// caller's goroutine accepts, on a port that only it waits on; workers dequeue
// from another and tell reads from writes by the mode of the perIO.
func servePort(ctx context.Context, do Chores, cfg service.Config) error {
	port, err := iocp.New(iocp.Config{Backend: cfg.Backend, Concurrency: cfg.Concurrency, BufferSize: cfg.BufferSize()})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s := &portServer{cfg: cfg, port: port, stop: stop, chores: newChores(do), conns: map[*perHandle]struct{}{}}
	var workers sync.WaitGroup
	for range cfg.WorkersOrDefault() {
		workers.Go(s.work)
	}
	err = s.listen(ctx)
	s.drain()
	port.Close()
	workers.Wait()
	return cmp.Or(err, s.failure)
}

// listen accepts connections until ctx is done.
func (s *portServer) listen(ctx context.Context) error {
	port, err := iocp.New(iocp.Config{Backend: s.port.Backend(), Concurrency: 1})
	if err != nil {
		return err
	}
	defer port.Close()
	ln, err := service.Listen(port, s.cfg.Listen)
	if err != nil {
		return err
	}
	if err := port.Associate(ln, nil); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	s.cfg.Ready(ln.Addr(), port.Backend())
	var op iocp.Op
	if err := ln.AcceptMany(&op); err != nil {
		return unlessClosed(err)
	}
	return unlessClosed(s.accept(port))
}

// accept opens what the standing accept brings, until it is over. Some
// failures pass, such as a lack of descriptors: those it only logs.
func (s *portServer) accept(port *iocp.Port) error {
	w := port.Worker()
	defer w.Close()
	batch := make([]iocp.Completion, 16)
	for {
		n, err := w.Wait(batch, iocp.Infinite)
		if err != nil {
			return err
		}
		for _, c := range batch[:n] {
			switch {
			case c.Socket != nil:
				s.open(c.Socket)
			case c.More:
				s.cfg.Log.Error("accepting failed, trying again", "err", c.Err)
			default:
				return c.Err
			}
		}
	}
}

// work is one worker's life.
func (s *portServer) work() {
	w := s.port.Worker()
	defer w.Close()
	batch := make([]iocp.Completion, s.chores.batch())
	for {
		n, err := w.Wait(batch, iocp.Infinite)
		if err != nil {
			s.fail(unlessClosed(err))
			return
		}
		for i := range batch[:n] {
			s.handle(w, &batch[i])
		}
	}
}

func (s *portServer) handle(w *iocp.Worker, c *iocp.Completion) {
	h, io := c.Key.(*perHandle), c.Op.Owner.(*perIO)
	if s.cfg.Verbose {
		s.cfg.Log.Debug("completion", "peer", h.sock.RemoteAddr(), "write", io.mode == writing, "n", c.N, "err", c.Err)
	}
	if io.mode == reading && c.N > 0 {
		s.chores.do(w, c.N)
	}
	h.mu.Lock()
	var err error
	if io.mode == reading {
		err = s.received(h, io, c)
	} else {
		err = s.sent(h, io, c)
	}
	s.settle(h, err)
}

// received sends back what came and reads on, with another perIO. At the end
// of the stream it does neither.
func (s *portServer) received(h *perHandle, io *perIO, c *iocp.Completion) error {
	h.recv = nil
	s.cfg.SayReceived(c.Err)
	if c.Err != nil {
		return c.Err
	}
	if c.N == 0 {
		return nil
	}
	io.mode, io.buf = writing, c.Buf
	if err := h.sock.Send(&io.op, io.buf.Bytes()); err != nil {
		io.buf.Release()
		return err
	}
	h.pending++
	return s.read(h)
}

func (s *portServer) sent(h *perHandle, io *perIO, c *iocp.Completion) error {
	io.buf.Release()
	io.next, h.free = h.free, io
	if c.Err == nil {
		s.cfg.Say("message sent!\n")
	}
	return c.Err
}

// read starts the next receive. A peer that sends and never reads is held up
// by the port: its buffers are lent out, so nothing more is received from it.
func (s *portServer) read(h *perHandle) error {
	if s.draining.Load() {
		return nil
	}
	io := h.free
	if io == nil {
		io = &perIO{}
		io.op.Owner = io
	} else {
		h.free = io.next
	}
	io.mode = reading
	if err := h.sock.RecvPooled(&io.op); err != nil {
		return err
	}
	h.recv = io
	h.pending++
	return nil
}
