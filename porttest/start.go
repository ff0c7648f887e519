package porttest

import (
	"net"
	"net/netip"
	"runtime"

	"iocp"
)

// What starting an operation means: C45, C46, C54 to C56, C112.

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

	data := pattern(stuck + 8)
	out := [][]byte{data[:stuck], data[stuck:]}
	t.send(s, &send, out...)
	out[0], out[1] = make([]byte, 1), make([]byte, 1)
	reading := background(t, "the peer reading", func() (struct{}, error) { return struct{}{}, peer.verify(data) })
	t.expect(packet{op: &send, key: "socket", n: len(data)})
	reading.must()
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

// starterGone starts operations on a thread that ends right after: a goroutine
// that ends while locked to its thread takes the thread with it.
func starterGone(t *trial) {
	s, peer := t.pair("socket")
	l := t.listener("listener")
	var recv, accept iocp.Op
	background(t, "starting on a thread of its own", func() (struct{}, error) {
		runtime.LockOSThread()
		err := t.attempt(&recv, func() error { return s.Recv(&recv, make([]byte, 8)) })
		if err == nil {
			err = t.attempt(&accept, func() error { return l.Accept(&accept) })
		}
		return struct{}{}, err
	}).must()
	t.quiet()
	peer.write([]byte("abc"))
	t.expect(packet{op: &recv, key: "socket", n: 3})
	client := t.dial(l.Addr())
	t.isFrom(t.expect(packet{op: &accept, key: "listener"}), client)
}
