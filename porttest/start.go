package porttest

import (
	"bytes"
	"io"
	"net"
	"net/netip"

	"iocp"
)

// What starting an operation means: C45, C46, C52, C54 to C56.

// immediateSuccess starts operations that can succeed on the spot. Each has
// one packet all the same.
func immediateSuccess(t *trial) {
	s, peer := t.pair("socket")
	l := t.listener("listener")
	var probe, recv, send, accept iocp.Op
	t.recv(s, &probe, nil) // completes when there is something to receive
	peer.write([]byte("abc"))
	t.expect(packet{op: &probe, key: "socket"})
	t.recv(s, &recv, make([]byte, 8))
	t.expect(packet{op: &recv, key: "socket", n: 3})
	t.quiet()

	t.send(s, &send, []byte("defg"))
	t.expect(packet{op: &send, key: "socket", n: 4})
	t.quiet()
	peer.reads([]byte("defg"))

	t.dial(l.Addr())
	t.accept(l, &accept)
	t.expect(packet{op: &accept, key: "listener"})
	t.quiet()
}

// refusals starts operations that must be refused. None has a packet.
func refusals(t *trial) {
	s, _ := t.pair("socket")
	unconnected := t.socket("unconnected")
	loose, looseListener := t.loose(iocp.IPv4), t.looseListener(loopback4)
	closed, _ := t.pair("closed")
	t.must(closed.Close())
	to := t.foreignListener(loopback4)
	buf := make([]byte, 1)
	for _, c := range []struct {
		name  string
		start func(*iocp.Op) error
		class error
	}{
		{"recv unconnected", func(op *iocp.Op) error { return unconnected.Recv(op, buf) }, iocp.ErrNotConnected},
		{"recv without buffers", func(op *iocp.Op) error { return s.Recv(op) }, iocp.ErrInvalid},
		{"recv no op", func(*iocp.Op) error { return s.Recv(nil, buf) }, iocp.ErrInvalid},
		{"send no op", func(*iocp.Op) error { return s.Send(nil, buf) }, iocp.ErrInvalid},
		{"connect no op", func(*iocp.Op) error { return unconnected.Connect(nil, addrOf(to.Addr())) }, iocp.ErrInvalid},
		{"recv closed", func(op *iocp.Op) error { return closed.Recv(op, buf) }, net.ErrClosed},
		{"recv pooled closed", func(op *iocp.Op) error { return closed.RecvPooled(op) }, net.ErrClosed},
		{"send unconnected", func(op *iocp.Op) error { return unconnected.Send(op, buf) }, iocp.ErrNotConnected},
		{"send closed", func(op *iocp.Op) error { return closed.Send(op, buf) }, net.ErrClosed},
		{"connect nowhere", func(op *iocp.Op) error { return unconnected.Connect(op, netip.AddrPort{}) }, iocp.ErrInvalid},
		{"connect without port", func(op *iocp.Op) error { return loose.Connect(op, addrOf(to.Addr())) }, iocp.ErrNotAssociated},
		{"accept without port", func(op *iocp.Op) error { return looseListener.Accept(op) }, iocp.ErrNotAssociated},
	} {
		var op iocp.Op
		if err := t.attempt(&op, func() error { return c.start(&op) }); err == nil || op.Pending() {
			t.Fatalf("%s: accepted", c.name)
		} else {
			t.refused(err, c.class)
		}
	}
	if st := t.port.Stats(); st.InFlight != 0 {
		t.Errorf("refused operations are in flight: %+v", st)
	}
	t.quiet()
}

// pendingUntilDequeued looks at operations that are over, but whose packets
// nobody has dequeued: they are pending, and can't be started again.
func pendingUntilDequeued(t *trial) {
	s, peer := t.pair("socket")
	l := t.listener("listener")
	var posted, recv, standing iocp.Op
	shows := func(op *iocp.Op, pending bool) {
		t.Helper()
		if op.Pending() != pending {
			t.Errorf("Pending says %v, want %v", op.Pending(), pending)
		}
	}
	shows(&posted, false)
	t.post(&posted, 1, "post")
	shows(&posted, true)
	peer.write([]byte("abc"))
	t.recv(s, &recv, make([]byte, 8))
	t.expect(packet{op: &posted, key: "post", n: 1})
	shows(&posted, false)
	shows(&recv, true)
	t.refused(s.Recv(&recv, make([]byte, 8)), iocp.ErrBusy)
	t.expect(packet{op: &recv, key: "socket", n: 3})
	shows(&recv, false)

	t.acceptMany(l, &standing)
	t.dial(l.Addr())
	t.expect(packet{op: &standing, key: "listener", more: true})
	shows(&standing, true)
	t.must(l.Cancel(&standing))
	shows(&standing, true)
	t.expect(packet{op: &standing, key: "listener", err: iocp.ErrAborted})
	shows(&standing, false)
}

// neverWouldBlock receives where there is nothing, which on a non-blocking
// socket isn't refused but pends.
func neverWouldBlock(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	buf := make([]byte, 8)
	t.recv(s, &op, buf)
	t.quiet()
	if !op.Pending() {
		t.Error("a receive with nothing to receive isn't pending")
	}
	peer.write([]byte("late"))
	c := t.expect(packet{op: &op, key: "socket", n: 4})
	t.must(compare(buf[:c.N], []byte("late")))
}

// arraysCaptured changes the array of buffers, not the buffers, while the
// operations pend.
func arraysCaptured(t *trial) {
	s, peer := t.pair("socket")
	var recv, send iocp.Op
	a, b := make([]byte, 2), make([]byte, 3)
	in := [][]byte{a, b}
	t.recv(s, &recv, in...)
	in[0], in[1] = make([]byte, 2), nil
	peer.write([]byte("abcde"))
	t.expect(packet{op: &recv, key: "socket", n: 5})
	t.must(compare(append(a, b...), []byte("abcde")))

	data := t.stuck()
	out := [][]byte{data[:len(data)-8], data[len(data)-8:]}
	t.send(s, &send, out...)
	out[0], out[1] = make([]byte, 1), make([]byte, 1)
	reading := background(t, "the peer reading", func() (struct{}, error) { return struct{}{}, peer.verify(data) })
	t.expect(packet{op: &send, key: "socket", n: len(data)})
	reading.must()
}

// buffersGivenBack uses buffers for something else as soon as the completion of
// a cancelled or closed operation is dequeued: nothing may be received into them
// then, nor sent from them.
func buffersGivenBack(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	buf, mine := make([]byte, 8), []byte("my own.!")
	for _, end := range []struct {
		by  func() error
		err error
	}{{func() error { return s.Cancel(&op) }, iocp.ErrAborted}, {s.Close, net.ErrClosed}} {
		t.recv(s, &op, buf)
		t.must(end.by())
		t.expect(packet{op: &op, key: "socket", err: end.err})
		copy(buf, mine)
		peer.Write([]byte("abc")) // which may fail when the socket is closed
		t.quiet()
		t.must(compare(buf, mine))
		if end.err == iocp.ErrAborted {
			t.recv(s, &op, make([]byte, 8))
			t.expect(packet{op: &op, key: "socket", n: 3})
		}
	}

	s, peer = t.pair("sender")
	t.must(peer.SetReadBuffer(64 << 10))
	data := bytes.Clone(t.stuck())
	t.send(s, &op, data)
	peer.reads(t.stuck()[:1])
	t.must(s.Cancel(&op))
	c := t.next()
	t.check(c, packet{op: &op, key: "sender", n: c.N, err: iocp.ErrAborted})
	clear(data)
	t.must(s.Close())
	received, err := io.ReadAll(peer)
	t.must(err)
	t.must(compare(received, t.stuck()[1:1+len(received)]))
}

// busyOp starts everything with an Op that is outstanding, which must do no
// harm to the operation it serves.
func busyOp(t *trial) {
	s, peer := t.pair("socket")
	l := t.listener("listener")
	unconnected := t.socket("unconnected")
	var op iocp.Op
	buf, other := make([]byte, 8), make([]byte, 8)
	t.recv(s, &op, buf)
	t.refused(s.Recv(&op, other), iocp.ErrBusy)
	t.refused(s.RecvPooled(&op), iocp.ErrBusy)
	t.refused(s.Send(&op, other), iocp.ErrBusy)
	t.refused(l.Accept(&op), iocp.ErrBusy)
	t.refused(l.AcceptMany(&op), iocp.ErrBusy)
	t.refused(unconnected.Connect(&op, l.Addr()), iocp.ErrBusy)
	t.refused(t.port.Post(&op, 1, "post"), iocp.ErrBusy)
	t.quiet()
	peer.write([]byte("abc"))
	t.expect(packet{op: &op, key: "socket", n: 3})
	t.must(compare(buf[:3], []byte("abc")))
	// Queued, it is outstanding as well.
	t.post(&op, 1, "post")
	t.refused(s.Recv(&op, other), iocp.ErrBusy)
	t.expect(packet{op: &op, key: "post", n: 1})
}

// opReused has one Op serve everything in turn, from the moment at which its
// packet is dequeued.
func opReused(t *trial) {
	s, peer := t.pair("socket")
	l := t.listener("listener")
	var op iocp.Op
	buf := make([]byte, 8)
	for i := range 50 {
		t.post(&op, i, "post")
		t.expect(packet{op: &op, key: "post", n: i})
		t.send(s, &op, []byte("ping"))
		t.expect(packet{op: &op, key: "socket", n: 4})
		peer.reads([]byte("ping"))
		t.recv(s, &op, buf)
		peer.write([]byte("pong!"))
		t.expect(packet{op: &op, key: "socket", n: 5})
		t.recvPooled(s, &op)
		peer.write([]byte("pool"))
		c := t.expect(packet{op: &op, key: "socket", n: 4})
		t.must(compare(c.Buf.Bytes(), []byte("pool")))
		c.Buf.Release()
	}
	t.accept(l, &op)
	t.dial(l.Addr())
	t.expect(packet{op: &op, key: "listener"})
	t.recv(s, &op, buf)
	t.must(s.Cancel(&op))
	t.expect(packet{op: &op, key: "socket", err: iocp.ErrAborted})
	t.post(&op, 9, nil)
	t.expect(packet{op: &op, n: 9})
}
