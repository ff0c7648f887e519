package model

import (
	"bytes"
	"errors"

	"pgregory.net/rapid"

	"iocp"
)

// finish closes everything, and judges the whole.
func (p *program) finish() {
	if rapid.Bool().Draw(p.T, "sockets first") {
		p.closeHandles()
		for i := 0; len(p.pending) > 0; i++ {
			p.handWaits(p.hands[i%len(p.hands)], 8)
		}
	}
	p.closed = true
	if err := p.port.Close(); err != nil {
		p.Fatal(err)
	}
	p.drain()
	p.sendLate()
	for len(p.held) > 0 {
		p.release()
	}
	p.closeHandles()
	st := p.port.Stats()
	if len(p.pending) > 0 || st.InFlight != 0 || st.Queued != 0 || st.BuffersOut != 0 {
		p.Fatalf("%d operations have had no packet: %+v", len(p.pending), st)
	}
	if st.Submitted != p.accepted || st.Completed != p.packets {
		p.Fatalf("accepted %d operations and dequeued %d packets: %+v", p.accepted, p.packets, st)
	}
	for _, e := range p.ends {
		p.judge(e)
	}
}

// drain dequeues what a closed port hands out, until every hand is told so.
func (p *program) drain() {
	for i, told := 0, 0; told < len(p.hands); i++ {
		told++
		if err := p.handWaits(p.hands[i%len(p.hands)], 8); !errors.Is(err, iocp.ErrClosed) {
			told = 0
		}
	}
}

func (p *program) closeHandles() {
	for _, e := range p.ends {
		if !e.closed || p.closed {
			e.closed = true
			e.s.Close()
		}
	}
	for _, l := range p.listeners {
		l.closed = true
		l.l.Close()
	}
}

// judge holds what a socket received against what the other end sent: the
// bytes of its sends in order, where one that failed may be cut off anywhere
// after what it counts.
func (p *program) judge(e *end) {
	if e.peer == nil {
		if len(e.got) > 0 {
			p.Fatalf("socket %d received %d bytes from nobody", e.id, len(e.got))
		}
		return
	}
	spots := closure(e.peer.out, []spot{{}})
	for i := 0; i < len(e.got); i++ {
		if n := stretch(e.peer.out, spots, e.got[i:]); n > 0 {
			spots[0].n += n - 1
			i += n - 1
		}
		spots = closure(e.peer.out, advance(e.peer.out, spots, e.got[i]))
		if len(spots) == 0 {
			p.Fatalf("socket %d received byte %d of %d wrong, from socket %d", e.id, i, len(e.got), e.peer.id)
		}
	}
	if !e.ended || e.peer.closed && !e.peer.finished || e.reset || p.rough {
		return
	}
	for _, s := range spots {
		if s.send == len(e.peer.out) {
			return
		}
	}
	p.Fatalf("socket %d received the end of the stream after %d bytes, which is too soon", e.id, len(e.got))
}

// A spot is a place in a stream: a send, and how much of it was received.
type spot struct{ send, n int }

// stretch is how many bytes are next in a send that went well, where there is
// one spot alone: they need no looking at one by one.
func stretch(out []*operation, spots []spot, got []byte) int {
	if len(spots) != 1 || spots[0].send == len(out) || out[spots[0].send].err != nil {
		return 0
	}
	next := out[spots[0].send].data[spots[0].n:]
	n := min(len(next), len(got))
	if !bytes.Equal(next[:n], got[:n]) {
		return 0
	}
	return n
}

// advance takes one byte from every spot that has it next.
func advance(out []*operation, spots []spot, b byte) (next []spot) {
	for _, s := range spots {
		if s.send < len(out) && s.n < len(out[s.send].data) && out[s.send].data[s.n] == b {
			next = append(next, spot{s.send, s.n + 1})
		}
	}
	return next
}

// closure adds the spots at which the next send may begin.
func closure(out []*operation, spots []spot) []spot {
	for i := 0; i < len(spots); i++ {
		s := spots[i]
		if s.send == len(out) {
			continue
		}
		o := out[s.send]
		if s.n == len(o.data) || o.err != nil && s.n >= o.n {
			spots = append(spots, spot{s.send + 1, 0})
		}
	}
	return spots
}
