package porttest

import (
	"errors"
	"net"

	"iocp"
)

// Closing the port, and packets without an Op: C12, C32 to C34.

func closeWakesWaiters(t *trial) {
	waiters := []*waiter{t.waiter(1), t.waiter(1), t.waiter(1)}
	t.close()
	for _, w := range waiters {
		w.getsError(iocp.ErrClosed)
	}
}

// closeHandsOut closes a port that has packets queued and operations pending,
// with nobody waiting.
func closeHandsOut(t *trial) {
	s, _ := t.pair("socket")
	l := t.listener("listener")
	for n := 1; n <= 3; n++ {
		t.post(nil, n, nil)
	}
	pending := map[*iocp.Op]any{}
	start := func(key any, f func(*iocp.Op)) {
		op := &iocp.Op{}
		pending[op] = key
		f(op)
	}
	start("socket", func(op *iocp.Op) { t.recv(s, op, make([]byte, 1)) })
	start("socket", func(op *iocp.Op) { t.recvPooled(s, op) })
	start("listener", func(op *iocp.Op) { t.accept(l, op) })
	start("listener", func(op *iocp.Op) { t.acceptMany(l, op) })
	t.close()
	if got := t.port.Stats().InFlight; got != 7 {
		t.Errorf("after Close %d operations are to be handed out, want 7", got)
	}
	for n := 1; n <= 3; n++ {
		t.expect(packet{n: n})
	}
	for range len(pending) {
		c := t.next()
		t.check(c, packet{op: c.Op, key: pending[c.Op], err: net.ErrClosed})
		delete(pending, c.Op)
	}
	t.over()
	t.over()
}

// queuedAtClose closes a port while results are queued: they are handed out as
// they are, and before the rest, which the close has ended.
func queuedAtClose(t *trial) {
	l := t.listener("listener")
	var sockets [6]*iocp.Socket
	var ends [len(sockets)]*peer
	for i := range sockets {
		sockets[i], ends[i] = t.pair("socket")
	}
	peers := map[*iocp.Op]*peer{} // of each operation
	for i, s := range sockets {
		recv, accept := &iocp.Op{}, &iocp.Op{}
		t.recv(s, recv, make([]byte, 1))
		t.accept(l, accept)
		ends[i].write([]byte{1})
		peers[recv], peers[accept] = ends[i], t.dial(l.Addr())
	}
	delete(peers, t.next().Op)
	queued := t.port.Stats().Queued
	t.post(nil, 7, "post")
	t.close()
	posted := false
	for i := range len(peers) + 1 {
		c := t.next()
		if c.Key == "post" {
			t.check(c, packet{key: "post", n: 7})
			posted = true
			continue
		}
		if c.Err != nil && (i < queued || !errors.Is(c.Err, net.ErrClosed)) {
			t.Errorf("packet %d of %d that were queued when the port was closed: %+v", i, queued, c)
		}
		if c.Socket != nil {
			t.isFrom(c, peers[c.Op])
			t.refused(t.port.Associate(c.Socket, nil), iocp.ErrClosed)
			t.must(c.Socket.Close())
			peers[c.Op].readsEnd()
		}
	}
	if !posted {
		t.Error("a packet posted before the close was lost")
	}
	t.over()
}

// closeUnderWaiters closes a port while workers wait and operations pend: the
// workers get the packets, then learn that it is over.
func closeUnderWaiters(t *trial) {
	s, _ := t.pair("socket")
	pending := map[*iocp.Op]bool{}
	for range 4 {
		op := &iocp.Op{}
		t.recv(s, op, make([]byte, 1))
		pending[op] = true
	}
	waiters := []*waiter{t.waiter(1), t.waiter(1)}
	t.close()
	for _, w := range waiters {
		for o := w.outcome(); o.err == nil; o = w.outcome() {
			for _, c := range o.packets {
				t.check(c, packet{op: c.Op, key: "socket", err: net.ErrClosed})
				delete(pending, c.Op)
			}
			w.waitAgain()
		}
	}
	if len(pending) > 0 {
		t.Errorf("%d operations were still to be handed out when Wait said that the port is closed", len(pending))
	}
}

func closedPort(t *trial) {
	s := t.loose(iocp.IPv4)
	bound, _ := t.pair("bound")
	l := t.listener("listener")
	t.close()
	t.over()
	var op iocp.Op
	t.refused(t.port.Post(&op, 0, nil), iocp.ErrClosed)
	t.refused(t.port.Post(nil, 0, nil), iocp.ErrClosed)
	t.refused(t.port.Associate(s, nil), iocp.ErrClosed)
	t.refused(bound.Recv(&op, make([]byte, 1)), iocp.ErrClosed)
	t.refused(bound.Send(&op, make([]byte, 1)), iocp.ErrClosed)
	t.refused(l.Accept(&op), iocp.ErrClosed)
	_, err := t.port.NewSocket(iocp.IPv4)
	t.refused(err, iocp.ErrClosed)
	_, err = t.port.Listen(loopback4, iocp.ListenConfig{})
	t.refused(err, iocp.ErrClosed)
	t.close()
	t.over()
}

func nilOp(t *trial) {
	t.post(nil, 0, nil)
	t.expect(packet{})
	t.post(nil, 5, "key")
	t.expect(packet{key: "key", n: 5})
}
