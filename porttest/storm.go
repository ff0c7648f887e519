package porttest

import (
	"errors"
	"math/rand/v2"
	"net"

	"iocp"
)

// storm has peers send, end and reset, while sockets are cancelled and closed
// from several goroutines: whatever becomes of an operation, it has exactly
// one completion, of one of the kinds that there are. The seed is fixed.
func storm(t *trial) {
	rng := rand.New(rand.NewPCG(45, 103))
	for range t.volume(8, 2) {
		var sockets [16]*iocp.Socket
		var peers [16]*peer
		for i := range sockets {
			sockets[i], peers[i] = t.pair("socket")
		}
		var acts []*future[struct{}]
		for i, s := range sockets {
			for range 3 {
				t.mayStart(s, rng.IntN(3))
			}
			for range 2 {
				act := stormActs[rng.IntN(len(stormActs))]
				acts = append(acts, t.act(func() { act(s, peers[i]) }))
			}
			t.mayStart(s, rng.IntN(3))
			acts = append(acts, t.act(func() { s.Close() }))
			t.dequeueAll()
		}
		for _, a := range acts {
			a.must()
		}
		for t.ledger.outstanding() > 0 {
			t.storms(t.next())
		}
	}
	t.quiet()
}

// act does something on a goroutine of its own.
func (t *trial) act(do func()) *future[struct{}] {
	return background(t, "an act of the storm", func() (struct{}, error) { do(); return struct{}{}, nil })
}

// stormActs may fail: the connection may be gone by then.
var stormActs = []func(*iocp.Socket, *peer){
	func(_ *iocp.Socket, p *peer) { p.Write(make([]byte, 100)) },
	func(_ *iocp.Socket, p *peer) { p.CloseWrite() },
	func(_ *iocp.Socket, p *peer) { p.SetLinger(0); p.Close() },
	func(s *iocp.Socket, _ *peer) { s.CancelAll() },
	func(s *iocp.Socket, _ *peer) { s.Shutdown(iocp.BothSides) },
	func(s *iocp.Socket, _ *peer) { s.Abort() },
}

// mayStart starts an operation, unless it is refused.
func (t *trial) mayStart(s *iocp.Socket, kind int) {
	op := &iocp.Op{}
	t.attempt(op, func() error {
		switch kind {
		case 0:
			return s.Recv(op, make([]byte, 8))
		case 1:
			return s.RecvPooled(op)
		}
		return s.Send(op, stuckData()[:t.volume(1<<20, 256<<10)])
	})
}

// dequeueAll dequeues what there is.
func (t *trial) dequeueAll() {
	dst := make([]iocp.Completion, 8)
	n, _ := t.serve(dst, 0)
	for _, c := range dst[:n] {
		t.storms(c)
	}
}

// storms checks a completion in the storm.
func (t *trial) storms(c iocp.Completion) {
	c.Buf.Release()
	for _, class := range []error{nil, net.ErrClosed, iocp.ErrAborted, iocp.ErrReset} {
		if errors.Is(c.Err, class) {
			return
		}
	}
	t.Errorf("got completion %+v", c)
}
