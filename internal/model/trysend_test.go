package model

import (
	"bytes"
	"errors"
	"net"

	"pgregory.net/rapid"

	"iocp"
)

// trySend sends without an operation.
func (p *program) trySend() {
	if e := p.anEnd(); e != nil {
		p.trySendOn(e, p.bytes(p.size(21)))
	}
}

// trySendOn tries to send data on e, judges the answer, and reports whether
// anything was taken.
func (p *program) trySendOn(e *end, data []byte) bool {
	o := &operation{kind: "try send", end: e, data: data}
	before := p.port.Stats()
	n, err := scribbled(e.s.TrySend, data)
	after := p.port.Stats()
	p.note("%s: %d, %v", o, n, err)
	switch {
	case n < 0 || n > len(data) || (n > 0) != (err == nil):
		p.Fatalf("%s: %d bytes, %v", o, n, err)
	case after.InFlight != before.InFlight || after.Submitted != before.Submitted:
		p.Fatalf("%s is an operation to the port: %+v, then %+v", o, before, after)
	case err != nil:
		p.trySendRefused(o, err)
		return false
	case e.ruledOut(e.finished) != nil:
		p.Fatalf("%s took %d bytes, and should have said %v", o, n, e.ruledOut(e.finished))
	case len(e.sends) > 0 && after.Queued == 0:
		p.Fatalf("%s took %d bytes, and has overtaken %d sends that are pending", o, n, len(e.sends))
	}
	o.n, o.data = n, data[:n]
	e.out = append(e.out, o)
	return true
}

// scribbled calls send with a copy of data, and spoils it right after: what
// was taken has been taken by then.
func scribbled(send func([]byte) (int, error), data []byte) (int, error) {
	b := bytes.Clone(data)
	n, err := send(b)
	if !bytes.Equal(b, data) {
		return n, errors.New("the caller's bytes have changed")
	}
	clear(b)
	return n, err
}

// trySendRefused judges why nothing was taken. What rules a Send out rules
// this out in the same way, and before it is asked whether there is room.
func (p *program) trySendRefused(o *operation, err error) {
	must := o.end.ruledOut(o.end.finished)
	switch {
	case must != nil:
		p.refused(o, err, p.instead(o.end, must))
	case !errors.Is(err, iocp.ErrWouldBlock):
		p.refused(o, err, p.refusals(o.end))
		o.end.reset = o.end.reset || errors.Is(err, iocp.ErrReset)
	case len(o.data) > 0 && p.roomy(o.end):
		p.Fatalf("%s: %v, although there is room", o, err)
	}
}

// roomy reports whether there must be room to send without an operation: all
// that was ever sent fits the buffers of any system.
func (p *program) roomy(e *end) bool {
	n := 0
	for _, o := range e.out {
		n += len(o.data)
	}
	return p.sendsNow() && len(e.sends) == 0 && n < 16<<10
}

// sendsNow reports whether the backend can send without an operation.
func (p *program) sendsNow() bool {
	backend := p.port.Backend()
	return backend == "uring" || backend == "epoll"
}

// sendRefused tries both ways to send where neither may be.
func (p *program) sendRefused() {
	var out []*end
	for _, e := range p.ends {
		if e.ruledOut(e.finished) != nil {
			out = append(out, e)
		}
	}
	if len(out) > 0 {
		e := pick(p, "socket", out)
		p.trySendOn(e, p.bytes(p.size(8)))
		p.sendOn(e, p.bytes(p.size(8)))
	}
}

// sendLate tries both ways to send on a port that is closed.
func (p *program) sendLate() {
	for _, e := range p.ends {
		must := e.ruledOut(e.finished)
		if must == nil {
			must = net.ErrClosed
		}
		o := &operation{kind: "late send", end: e}
		if p.start(o, func(op *iocp.Op) error { return e.s.Send(op, []byte{0}) }, must) {
			p.Fatalf("%s accepted", o)
		}
		o.kind = "late try send"
		n, err := e.s.TrySend([]byte{0})
		if n != 0 || err == nil {
			p.Fatalf("%s: %d, %v", o, n, err)
		}
		if p.sendsNow() || !errors.Is(err, iocp.ErrWouldBlock) {
			p.refused(o, err, []error{must})
		}
	}
}

// floodPiece is less than a connection's buffers hold, so that a flood has
// whole pieces, one in part, and nothing.
const floodPiece = 1 << 20

// flood tries to send until nothing is taken any more. That is much to move and
// to judge: once in a program must do.
func (p *program) flood() {
	e := p.anEnd()
	if e == nil || p.flooded != nil || !p.sendsNow() {
		return
	}
	for n := 0; n < 16 && p.trySendOn(e, p.bytes(floodPiece)); n++ {
		p.flooded = e
	}
}

// gulp receives much of what the flood has sent.
func (p *program) gulp() {
	if p.flooded == nil || p.flooded.peer == nil {
		return
	}
	for range rapid.IntRange(1, 30).Draw(p.T, "gulps") {
		if !p.recvOn(p.flooded.peer, make([]byte, floodPiece), 0) {
			return
		}
		p.dequeue(8)
	}
}
