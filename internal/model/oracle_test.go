package model

import (
	"errors"
	"fmt"
	"net"
	"os"

	"pgregory.net/rapid"

	"iocp"
)

func (o *operation) String() string {
	size := max(len(o.buf), len(o.data))
	if o.end != nil {
		return fmt.Sprintf("%s of %d on socket %d", o.kind, size, o.end.id)
	}
	return o.kind
}

// wait dequeues what there is. It waits for what must come.
func (p *program) wait() {
	p.dequeue(rapid.IntRange(1, 8).Draw(p.T, "room"))
}

// dequeue has one of the hands wait, and reports whether there was anything.
func (p *program) dequeue(room int) bool {
	h := p.pickHand()
	return h != nil && p.handWaits(h, room) == nil
}

// handWaits has a hand wait, for what must come, if anything must.
func (p *program) handWaits(h *hand, room int) error {
	why := p.due()
	if !p.hasRoom(h) {
		why = ""
	}
	timeout := patience
	if why == "" {
		timeout = 0
	}
	dst := make([]iocp.Completion, room)
	h.busy = false
	n, err := h.w.Wait(dst, timeout)
	p.note("worker %d waits for up to %d: %d, %v", h.id, room, n, err)
	switch {
	case err == nil:
		p.putToWork(h)
	case p.closed && errors.Is(err, iocp.ErrClosed) && len(p.pending) == 0:
	case !errors.Is(err, os.ErrDeadlineExceeded):
		p.Fatalf("Wait: %v, with %d operations pending", err, len(p.pending))
	case why != "":
		p.Fatalf("nothing for %v, although %s: %+v", patience, why, p.port.Stats())
	}
	for _, c := range dst[:n] {
		p.packet(c)
	}
	return err
}

// packet judges a completion.
func (p *program) packet(c iocp.Completion) {
	p.packets++
	o := p.pending[c.Op]
	if o == nil {
		p.Fatalf("a packet of no pending operation: %+v", c)
	}
	if c.Op.Owner != o || c.Op.Pending() && !c.More {
		p.Fatalf("%s: the Op has changed, or isn't given back: %+v", o, c)
	}
	if c.More && o.kind != "accept many" {
		p.Fatalf("%s: more is to come: %+v", o, c)
	}
	if !c.More {
		delete(p.pending, c.Op)
	}
	p.note("  %s is over: %d, %v, more %v", o, c.N, c.Err, c.More)
	p.explain(o, c)
	switch o.kind {
	case "post":
		p.posted(o, c)
	case "accept", "accept many":
		p.acceptOver(o, c)
	case "connect":
		p.connectOver(o, c)
	case "recv", "recv pooled":
		p.recvOver(o, c)
	case "send":
		p.sendOver(o, c)
	}
}

// explain finds the reason of an error.
func (p *program) explain(o *operation, c iocp.Completion) {
	e, err := o.end, c.Err
	closed := p.closed || e != nil && e.closed || o.at != nil && o.at.closed
	gone := e != nil && (p.mayReset(e) || e.at.closed)
	for _, r := range []struct {
		class error
		may   bool
	}{
		{nil, true},
		{iocp.ErrAborted, o.cancelled},
		{net.ErrClosed, closed},
		{iocp.ErrReset, gone},
		{iocp.ErrConnAborted, gone},
		{iocp.ErrRefused, o.kind == "connect" && (e.at.closed || p.closed || p.rough)},
		{iocp.ErrTimedOut, o.kind == "connect" && p.rough},
		{iocp.ErrLimit, p.rough && o.kind != "connect" && o.kind != "post"},
	} {
		if r.may && (err == nil && r.class == nil || r.class != nil && errors.Is(err, r.class)) {
			return
		}
	}
	p.Fatalf("%s ended with %v, which nothing explains (%+v)", o, err, c)
}

func (p *program) posted(o *operation, c iocp.Completion) {
	if p.posts[0] != o || c.N != o.n || c.Key != o || c.Err != nil {
		p.Fatalf("posts out of order, or changed: %+v", c)
	}
	p.posts = p.posts[1:]
}

func (p *program) acceptOver(o *operation, c iocp.Completion) {
	if (c.Err == nil) != (c.Socket != nil) {
		p.Fatalf("an accept with %+v", c)
	}
	if passing := errors.Is(c.Err, iocp.ErrLimit); o.kind == "accept many" && c.More != (c.Err == nil || passing) {
		p.Fatalf("a standing accept with %+v", c)
	}
	if !c.More {
		o.at.ops = p.without(o.at.ops, o, c.Err)
	}
	if c.Socket == nil {
		return
	}
	e := p.addEnd(&end{s: c.Socket, at: o.at, up: true})
	if n, err := c.Socket.TrySend([]byte{0}); n != 0 || !errors.Is(err, iocp.ErrNotAssociated) {
		p.Fatalf("a try send on a socket without a port: %d, %v", n, err)
	}
	if err := p.port.Associate(c.Socket, nil); err != nil {
		if e.loose = p.closed; !e.loose {
			p.Fatal(err)
		}
	}
	from := c.Socket.RemoteAddr().Addr()
	for _, other := range p.ends {
		if other.dials && other.own == from {
			p.note("  socket %d's other end is %d", e.id, other.id)
			e.peer, other.peer = other, e
		}
	}
}

func (p *program) connectOver(o *operation, c iocp.Completion) {
	o.end.up = c.Err == nil
	if !o.end.up && !o.end.closed {
		o.end.closed = true
		o.end.s.Close()
	}
}

func (p *program) recvOver(o *operation, c iocp.Completion) {
	e := o.end
	e.recvs = p.without(e.recvs, o, c.Err)
	data := o.buf
	if o.kind == "recv pooled" {
		if (c.Buf != iocp.Buf{}) != (c.N > 0) {
			p.Fatalf("%s: buffer and count disagree: %+v", o, c)
		}
		data = c.Buf.Bytes()
		if c.N > 0 {
			p.held = append(p.held, c.Buf)
		}
	}
	switch {
	case e.cutOff && c.Err == nil && (o.kind != "recv" || len(o.buf) > 0): // one of no length only says: look
		p.Fatalf("%s: success after a reset: %+v", o, c)
	case c.N < 0 || c.N > len(data) || c.Err != nil && c.N > 0:
		p.Fatalf("%s: %d bytes of %d: %+v", o, c.N, len(data), c)
	case c.Err != nil:
		e.cutOff = e.cutOff || errors.Is(c.Err, iocp.ErrReset)
		e.reset = e.reset || e.cutOff
	case c.N > 0 && e.ended:
		p.Fatalf("%s: data after the end of the stream", o)
	case c.N == 0 && (o.kind != "recv" || len(o.buf) > 0):
		e.ended = true
		if e.peer != nil && !e.peer.finished && e.peer.up && (!e.peer.closed || e.peer.aborted) && !p.closed {
			p.Fatalf("%s: the end of the stream, which the peer didn't send", o)
		}
	}
	e.got = append(e.got, data[:c.N]...)
}

func (p *program) sendOver(o *operation, c iocp.Completion) {
	o.end.sends = p.without(o.end.sends, o, c.Err)
	o.n, o.err = c.N, c.Err
	if c.N < 0 || c.N > len(o.data) || c.Err == nil && c.N != len(o.data) {
		p.Fatalf("%s: %d bytes of %d: %+v", o, c.N, len(o.data), c)
	}
	o.end.reset = o.end.reset || errors.Is(c.Err, iocp.ErrReset)
}

// without takes an operation off its queue. Only one that was cancelled, or
// whose handle was closed, may overtake, and none with success.
func (p *program) without(queue []*operation, o *operation, err error) []*operation {
	for i, q := range queue {
		if q != o {
			continue
		}
		if i > 0 && (err == nil || !o.cancelled && !errors.Is(err, net.ErrClosed)) {
			p.Fatalf("%s has overtaken %d others, with %v", o, i, err)
		}
		return append(queue[:i:i], queue[i+1:]...)
	}
	p.Fatalf("%s is on no queue", o)
	return nil
}
