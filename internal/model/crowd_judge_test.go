package model

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"iocp"
)

// fault tells of what a worker has found wrong.
func (c *crowd) fault(format string, args ...any) {
	c.mu.Lock()
	c.faults = append(c.faults, fmt.Errorf(format, args...))
	c.mu.Unlock()
}

// read judges what has come so far, and reports whether there was anything.
func (c *crowd) read() bool {
	c.mu.Lock()
	inbox, faults := c.inbox, c.faults
	c.inbox = nil
	c.mu.Unlock()
	if len(faults) > 0 {
		c.Fatalf("%v", errors.Join(faults...))
	}
	for _, s := range inbox {
		c.judgeSight(s)
	}
	return len(inbox) > 0
}

func (c *crowd) judgeSight(s sight) {
	c.packets++
	o := c.pending[s.c.Op]
	if o == nil || s.c.Op.Owner != o || s.c.More || s.c.Op.Pending() {
		c.Fatalf("a packet of no pending operation, or not given back: %+v", s.c)
	}
	delete(c.pending, s.c.Op)
	c.note("  %s is over: %d, %v, seen by %d", o, s.c.N, s.c.Err, s.by)
	c.explain(o, s.c)
	c.inOrder(o, s)
	o.n, o.err = s.c.N, s.c.Err
	switch o.kind {
	case "post":
		if o.err != nil || s.c.Key != o || o.n != o.turn {
			c.Fatalf("a post has changed: %+v", s.c)
		}
	case "send":
		c.sent(o)
	case "recv", "recv pooled":
		c.received(o, s.data)
	}
}

// inOrder holds what one worker sees to the order of start (C63, C44). What was
// cancelled or closed may overtake, but not with success.
func (c *crowd) inOrder(o *operation, s sight) {
	line := line{s.by, o.end, o.kind == "send"}
	if last := c.seen[line]; last > o.turn {
		c.Fatalf("worker %d has seen %s, started as number %d, after number %d", s.by, o, o.turn, last)
	}
	if s.c.Err == nil || !o.cancelled && !errors.Is(s.c.Err, net.ErrClosed) {
		c.seen[line] = o.turn
	}
}

func (c *crowd) sent(o *operation) {
	o.end.sends = leaving(o.end.sends, o)
	if o.n < 0 || o.n > len(o.data) || o.err == nil && o.n != len(o.data) {
		c.Fatalf("%s: %d bytes of %d: %v", o, o.n, len(o.data), o.err)
	}
	o.end.reset = o.end.reset || errors.Is(o.err, iocp.ErrReset)
}

func (c *crowd) received(o *operation, pooled []byte) {
	e := o.end
	e.recvs = leaving(e.recvs, o)
	looks := o.kind == "recv" && len(o.buf) == 0
	if o.kind == "recv pooled" {
		o.buf = pooled
	}
	if o.n < 0 || o.n > len(o.buf) || o.err != nil && o.n > 0 {
		c.Fatalf("%s: %d bytes of %d: %v", o, o.n, len(o.buf), o.err)
	}
	o.data = o.buf[:o.n]
	e.reset = e.reset || errors.Is(o.err, iocp.ErrReset)
	o.ends = o.err == nil && o.n == 0 && !looks
	e.ended = e.ended || o.ends
	if p := e.peer; o.ends && !p.finished && (!p.closed || p.aborted) && !c.closed {
		c.Fatalf("%s: the end of the stream, which the peer didn't send", o)
	}
}

func leaving(queue []*operation, o *operation) []*operation {
	return slices.DeleteFunc(queue, func(q *operation) bool { return q == o })
}

// await waits until there is something more to judge, which there must be.
func (c *crowd) await(what string) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for !c.read() {
		select {
		case <-c.mail:
		case <-timer.C:
			c.Fatalf("nothing for %v, although %s: %+v", patience, what, c.port.Stats())
		}
	}
}

// settle lets everybody go on, and sees to it that all that was sent arrives,
// and the end of the stream after it.
func (c *crowd) settle() {
	c.free()
	for _, e := range c.ends {
		if !e.closed {
			c.shut(e)
		}
	}
	for _, e := range c.ends {
		for c.hears(e) {
			if len(e.recvs) == 0 && !c.receive(recvInto(e, 5000)) {
				break
			}
			c.await("a stream ends")
		}
	}
}

// hears reports whether e has yet to be told of its stream's end.
func (c *crowd) hears(e *end) bool {
	return !e.closed && !e.reset && !e.recvShut && !e.ended && !e.peer.closed && !e.peer.reset
}

// finish closes everything, and judges the whole.
func (c *crowd) finish() {
	if pick(c.program, "sockets first", []bool{false, true}) {
		c.closeHandles()
		for len(c.pending) > 0 {
			c.await("everything is closed")
		}
	}
	c.closed = true
	if err := c.port.Close(); err != nil {
		c.Fatal(err)
	}
	c.allEnd()
	c.read()
	c.closeHandles()
	st := c.port.Stats()
	if len(c.pending) > 0 || st.Submitted != c.accepted || st.Completed != c.packets ||
		st.InFlight+st.Queued+st.BuffersOut+st.Workers+st.Running != 0 {
		c.Fatalf("accepted %d operations and saw %d packets, %d are pending: %+v", c.accepted, c.packets, len(c.pending), st)
	}
	for _, e := range c.ends {
		c.assemble(e)
		c.judge(e)
	}
}

// allEnd waits until every worker has been told that the port is closed.
func (c *crowd) allEnd() {
	ended := make(chan struct{})
	go func() {
		c.workers.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(patience):
		c.Fatalf("workers wait on a closed port: %+v", c.port.Stats())
	}
}

// assemble puts together what was received, in the order in which the receives
// were started (C62).
func (c *crowd) assemble(e *end) {
	over := false
	for _, o := range e.in {
		if over && len(o.data) > 0 {
			c.Fatalf("%s: data after the end of the stream", o)
		}
		over = over || o.ends
		e.got = append(e.got, o.data...)
	}
}
