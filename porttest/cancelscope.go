package porttest

import (
	"errors"
	"sync"

	"iocp"
)

// How far a cancel reaches, and what it leaves alone: C92, C104, C106 to C108.

// acceptedCancelsNothing cancels on an accepted socket: the accepts are the
// listener's.
func acceptedCancelsNothing(t *trial) {
	l := t.listener("listener")
	var first, second, recv iocp.Op
	t.accept(l, &first)
	t.accept(l, &second)
	t.dial(l.Addr())
	s := t.expect(packet{op: &first, key: "listener"}).Socket
	t.must(t.port.Associate(s, "accepted"))
	t.refused(s.CancelAll(), iocp.ErrNotFound)
	t.refused(s.Cancel(&second), iocp.ErrNotFound)
	t.recv(s, &recv, make([]byte, 8))
	t.must(s.CancelAll())
	t.expect(packet{op: &recv, key: "accepted", err: iocp.ErrAborted})
	t.must(s.Close())
	t.quiet()
	peer := t.dial(l.Addr())
	t.isFrom(t.expect(packet{op: &second, key: "listener"}), peer)
}

// cancelStanding cancels a standing accept while connections wait that nobody
// has dequeued: it hands out those it has taken, and the rest are there for
// the next accepts, in order.
func cancelStanding(t *trial) {
	l := t.listener("listener")
	var op iocp.Op
	for range 5 {
		t.acceptMany(l, &op)
		var peers [20]*peer
		for i := range peers {
			peers[i] = t.dial(l.Addr())
		}
		t.isFrom(t.expect(packet{op: &op, key: "listener", more: true}), peers[0])
		t.must(l.Cancel(&op))
		next := 1
		c := t.next()
		for ; c.More; c = t.next() {
			t.isFrom(c, peers[next])
			next++
		}
		t.check(c, packet{op: &op, key: "listener", err: iocp.ErrAborted})
		for _, p := range peers[next:] {
			t.accept(l, &op)
			t.isFrom(t.expect(packet{op: &op, key: "listener"}), p)
		}
		t.quiet()
	}
}

// cancelAllRacesStart cancels all again and again while receives are started.
// A start is before or after a cancel; what no cancel has met pends.
func cancelAllRacesStart(t *trial) {
	s, peer := t.pair("socket")
	ops := make([]iocp.Op, 1000)
	started := make(chan struct{})
	stop := sync.OnceFunc(func() { close(started) })
	defer stop()
	cancelling := background(t, "cancelling", func() (struct{}, error) {
		for {
			select {
			case <-started:
				return struct{}{}, nil
			default:
			}
			if err := unless(s.CancelAll(), iocp.ErrNotFound); err != nil {
				return struct{}{}, err
			}
		}
	})
	for i := range ops {
		t.recv(s, &ops[i], make([]byte, 1))
	}
	stop()
	cancelling.must()
	var last iocp.Op
	t.recv(s, &last, make([]byte, 1))
	peer.write([]byte{1})
	taken, aborted := 0, 0
	for taken == 0 {
		c := t.next()
		if c.Err == nil {
			t.check(c, packet{op: c.Op, key: "socket", n: 1})
			taken++
			continue
		}
		t.check(c, packet{op: c.Op, key: "socket", err: iocp.ErrAborted})
		aborted++
	}
	if left := t.ledger.outstanding(); left > 0 {
		t.must(s.CancelAll())
		for range left {
			c := t.next()
			t.check(c, packet{op: c.Op, key: "socket", err: iocp.ErrAborted})
		}
	}
	t.refused(s.CancelAll(), iocp.ErrNotFound)
	t.quiet()
}

// staleCancel cancels by an Op whose operation is over, or is just ending: the
// receive that is started next on the socket isn't hit.
func staleCancel(t *trial) {
	s, peer := t.pair("socket")
	var ops [2]iocp.Op
	for i := range 300 {
		old, next := &ops[i%2], &ops[(i+1)%2]
		t.recv(s, old, make([]byte, 1))
		cancelling := background(t, "cancelling", func() (struct{}, error) {
			for range 10 {
				if err := unless(s.Cancel(old), iocp.ErrNotFound); err != nil {
					return struct{}{}, err
				}
			}
			return struct{}{}, nil
		})
		peer.write([]byte{1})
		c := t.next()
		t.recv(s, next, make([]byte, 1))
		if c.Err == nil {
			t.check(c, packet{op: old, key: "socket", n: 1})
			peer.write([]byte{2})
		} else {
			t.check(c, packet{op: old, key: "socket", err: iocp.ErrAborted})
		}
		t.expect(packet{op: next, key: "socket", n: 1})
		cancelling.must()
		t.refused(s.Cancel(old), iocp.ErrNotFound)
	}
	t.quiet()
}

// cancelAllCompletes cancels operations of which one is half done: in whatever
// order their packets come, none is left out.
func cancelAllCompletes(t *trial) {
	s, peer := t.pair("socket")
	var recvs [4]iocp.Op
	var sends [4]iocp.Op
	pending := map[*iocp.Op]bool{}
	t.sendStuck(s, peer, &sends[0])
	for i := range recvs {
		t.recv(s, &recvs[i], make([]byte, 8))
		pending[&recvs[i]] = true
		if i > 0 {
			t.send(s, &sends[i], []byte("behind"))
		}
		pending[&sends[i]] = true
	}
	t.must(s.CancelAll())
	for len(pending) > 0 {
		c := t.next()
		if !pending[c.Op] || !errors.Is(c.Err, iocp.ErrAborted) || c.N > 0 && c.Op != &sends[0] {
			t.Fatalf("got completion %+v, want one of the cancelled operations", c)
		}
		delete(pending, c.Op)
	}
	t.quiet()
}
