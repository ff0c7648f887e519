package model

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"pgregory.net/rapid"

	"iocp"
)

// anyPort is a loopback address with a port that the system chooses.
var anyPort = netip.MustParseAddrPort("127.0.0.1:0")

// patience is how long what must happen may take.
const patience = 30 * time.Second

// A program is a port, what has been done to it, and what it has told.
type program struct {
	*rapid.T
	port  *iocp.Port
	rough bool // the network may do what networks can

	behind bool // packets are dequeued before the program sees them

	team  team
	hands []*hand
	hired int    // hands so far
	next  func() // takes one step more

	listeners []*listener
	ends      []*end
	pending   map[*iocp.Op]*operation
	posts     []*operation // not yet dequeued
	held      []iocp.Buf   // not yet released
	flooded   *end         // nil until one is

	history           []string
	accepted, packets uint64 // to be compared with the port's own account
	pieces            uint64 // of data, made so far
	closed            bool
}

// An end is a socket.
type end struct {
	id       int
	s        *iocp.Socket
	at       *listener // where it connects to or comes from
	dials    bool
	up       bool       // connected, as far as is known
	peer     *end       // nil until known
	own      netip.Addr // unlike any other's, of one that connects
	recvs    []*operation
	sends    []*operation // not yet dequeued
	out      []*operation // all sends, for the judge
	got      []byte
	in       []*operation // all receives of a crowd, which are judged at the end
	loose    bool         // belongs to no port
	closed   bool
	aborted  bool // closed with a reset
	finished bool // shut down its send side
	recvShut bool
	reset    bool // a completion or a refusal has said so
	cutOff   bool // a receive has said so
	ended    bool // received the end of the stream
}

// A listener is one of the port's.
type listener struct {
	l      *iocp.Listener
	ops    []*operation
	closed bool
}

// An operation is one that the port accepted.
type operation struct {
	op        iocp.Op
	kind      string
	end       *end
	at        *listener
	buf, data []byte
	n         int
	err       error // how it ended
	cancelled bool  // a cancel found it
	missed    bool  // a cancel didn't find it: its packet is queued
	turn      int   // its place among those that a worker sees in order
	ends      bool  // it was told of the end of the stream
}

func newProgram(t *rapid.T, backend string, rough bool, team team) *program {
	port, err := iocp.New(iocp.Config{
		Backend: backend, Concurrency: team.cap, StallAfter: team.stallAfter,
		BufferSize: 700, BuffersMax: 6, BufferCredit: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	p := &program{T: t, port: port, rough: rough, team: team, pending: map[*iocp.Op]*operation{}}
	p.Cleanup(func() {
		port.Close()
		for _, h := range p.hands {
			h.w.Close()
		}
	})
	for range team.hands {
		p.hire()
	}
	p.listen()
	return p
}

// note adds to the history, which a failure shows: on a real kernel the same
// program may not fail again, so that it can't be replayed and made smaller.
func (p *program) note(format string, args ...any) {
	p.history = append(p.history, fmt.Sprintf(format, args...))
}

// Fatalf fails the program.
func (p *program) Fatalf(format string, args ...any) {
	p.Helper()
	p.T.Fatalf(format+"\nafter:\n%s", append(args, strings.Join(p.history, "\n"))...)
}

// pick draws one of several.
func pick[V any](p *program, what string, from []V) V {
	return from[rapid.IntRange(0, len(from)-1).Draw(p.T, what)]
}

// start makes an operation; it is pending if the port accepts it. The refusal
// must be one that the model expects.
func (p *program) start(o *operation, begin func(*iocp.Op) error, refusals ...error) bool {
	o.op.Owner = o
	p.pending[&o.op] = o
	p.accepted++
	err := begin(&o.op)
	p.note("%s: %v", o, err)
	if err == nil {
		return true
	}
	delete(p.pending, &o.op)
	p.accepted--
	p.refused(o, err, refusals)
	if o.end != nil && errors.Is(err, iocp.ErrReset) {
		o.end.reset = true
	}
	return false
}

func (p *program) listen() {
	l, err := p.port.Listen(anyPort, iocp.ListenConfig{})
	if err == nil {
		err = p.port.Associate(l, nil)
	}
	if err != nil {
		p.Fatal(err)
	}
	p.listeners = append(p.listeners, &listener{l: l})
}

func (p *program) dial() {
	own := netip.AddrFrom4([4]byte{127, 0, 0, byte(2 + len(p.ends))})
	s, err := p.port.NewSocket(iocp.IPv4)
	if err == nil {
		err = p.port.Associate(s, nil)
	}
	if err == nil {
		err = s.Bind(netip.AddrPortFrom(own, 0))
	}
	if err != nil {
		p.Fatal(err)
	}
	at := pick(p, "listener", p.listeners)
	e := p.addEnd(&end{s: s, at: at, dials: true, own: own})
	o := &operation{kind: "connect", end: e}
	p.start(o, func(op *iocp.Op) error { return s.Connect(op, at.l.Addr()) }, p.limit()...)
}

func (p *program) addEnd(e *end) *end {
	e.id = len(p.ends)
	p.ends = append(p.ends, e)
	return e
}

// anEnd draws a socket that has been connected; nil if there is none.
func (p *program) anEnd() *end {
	var up []*end
	for _, e := range p.ends {
		if e.up {
			up = append(up, e)
		}
	}
	if len(up) == 0 {
		return nil
	}
	// Few connections see much, rather than many little.
	return pick(p, "socket", up[max(0, len(up)-4):])
}

// accept starts an accept of either kind.
func (p *program) accept(kind string) {
	at := pick(p, "listener", p.listeners)
	o := &operation{kind: kind, at: at}
	begin := at.l.Accept
	if kind == "accept many" {
		begin = at.l.AcceptMany
	}
	refusals := p.limit()
	if at.closed {
		refusals = append(refusals, net.ErrClosed)
	}
	if p.start(o, begin, refusals...) {
		at.ops = append(at.ops, o)
	}
}

func (p *program) post() {
	o := &operation{kind: "post", n: int(p.accepted)}
	if p.start(o, func(op *iocp.Op) error { return p.port.Post(op, o.n, o) }) {
		p.posts = append(p.posts, o)
	}
}

func (p *program) shutdown() {
	if e := p.anEnd(); e != nil {
		p.shut(e)
	}
}

func (p *program) shut(e *end) {
	e.finished = true // no more is sent, whatever becomes of the end
	err := e.s.Shutdown(iocp.SendSide)
	p.note("shutdown of socket %d: %v", e.id, err)
	if err != nil {
		p.refused(&operation{kind: "shutdown", end: e}, err, append(p.refusals(e), iocp.ErrNotConnected))
	}
}

func (p *program) shutdownRecv() {
	if e := p.anEnd(); e != nil && e.s.Shutdown(iocp.RecvSide) == nil {
		e.recvShut = true
	}
}

func (p *program) closeEnd() { p.end(false) }
func (p *program) abortEnd() { p.end(true) }

func (p *program) end(abort bool) {
	e := p.anEnd()
	if e == nil || e.closed {
		return
	}
	p.note("close of socket %d, with a reset: %v", e.id, abort)
	e.closed, e.aborted = true, abort
	how := e.s.Close
	if abort {
		how = e.s.Abort
	}
	if err := how(); err != nil {
		p.Fatalf("closing socket %d: %v", e.id, err)
	}
}

// relisten closes a listener and makes another.
func (p *program) relisten() {
	l := p.listeners[len(p.listeners)-1]
	l.closed = true
	if err := l.l.Close(); err != nil {
		p.Fatal(err)
	}
	p.listen()
}

func (p *program) release() {
	if len(p.held) > 0 {
		p.held[0].Release()
		p.held = p.held[1:]
	}
}
