package model

import (
	"encoding/binary"
	"math/rand/v2"

	"pgregory.net/rapid"

	"iocp"
)

// transfer is start for a receive or send, in a direction that may be shut.
func (p *program) transfer(o *operation, shut bool, begin func(*iocp.Op) error) bool {
	refusals := p.refusals(o.end)
	must := o.end.ruledOut(shut)
	if must != nil {
		refusals = p.instead(o.end, must)
	}
	accepted := p.start(o, begin, refusals...)
	if accepted && must != nil {
		p.Fatalf("%s accepted, and should have been refused: %v", o, must)
	}
	return accepted
}

// recv starts a receive of up to two buffers, or of a pooled one.
func (p *program) recv(kind string) {
	e := p.anEnd()
	if e == nil {
		return
	}
	if kind == "recv pooled" {
		p.receive(&operation{kind: kind, end: e}, e.s.RecvPooled)
		return
	}
	buf := make([]byte, p.size(12))
	p.recvOn(e, buf, rapid.IntRange(0, len(buf)).Draw(p.T, "cut"))
}

// recvOn starts a receive into the two parts of buf.
func (p *program) recvOn(e *end, buf []byte, cut int) bool {
	o := &operation{kind: "recv", end: e, buf: buf}
	return p.receive(o, func(op *iocp.Op) error { return e.s.Recv(op, buf[:cut], buf[cut:]) })
}

func (p *program) receive(o *operation, begin func(*iocp.Op) error) bool {
	accepted := p.transfer(o, o.end.recvShut, begin)
	if accepted {
		o.end.recvs = append(o.end.recvs, o)
	}
	return accepted
}

func (p *program) send() {
	if e := p.anEnd(); e != nil {
		p.sendOn(e, p.bytes(p.size(21)))
	}
}

// sendOn starts a send of two buffers.
func (p *program) sendOn(e *end, data []byte) {
	o := &operation{kind: "send", end: e, data: data}
	cut := rapid.IntRange(0, len(data)).Draw(p.T, "cut")
	if p.transfer(o, e.finished, func(op *iocp.Op) error { return e.s.Send(op, data[:cut], data[cut:]) }) {
		e.sends = append(e.sends, o)
		e.out = append(e.out, o)
	}
}

// size is mostly small, and below 1<<bits.
func (p *program) size(bits int) int {
	return rapid.IntRange(0, 1<<rapid.IntRange(0, bits).Draw(p.T, "bits")-1).Draw(p.T, "size")
}

// bytes makes data that is unlike any other.
func (p *program) bytes(n int) []byte {
	p.pieces++
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], p.pieces)
	b := make([]byte, n)
	rand.NewChaCha8(seed).Read(b)
	return b
}
