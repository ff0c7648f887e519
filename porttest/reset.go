package porttest

import (
	"errors"
	"net"
	"net/netip"

	"iocp"
)

// Resets, and what isn't one: C68 to C72.

func resetPendingRecv(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	t.recv(s, &op, make([]byte, 8))
	peer.reset()
	t.expect(packet{op: &op, key: "socket", err: iocp.ErrReset})
	t.quiet()
}

func resetPendingPooled(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	t.recvPooled(s, &op)
	peer.reset()
	if c := t.expect(packet{op: &op, key: "socket", err: iocp.ErrReset}); c.Buf.Bytes() != nil {
		t.Error("a failed receive brought a buffer")
	}
}

func resetPendingSend(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	data := t.sendStuck(s, peer, &op)
	peer.reset()
	c := t.next()
	if c.Op != &op || !errors.Is(c.Err, iocp.ErrReset) || c.N >= len(data) {
		t.Errorf("got completion %+v, want a send of less than %d bytes with %v", c, len(data), iocp.ErrReset)
	}
}

// resetEveryPending has several operations pending in both directions: a
// kernel that tells of a reset once must not make the others look otherwise.
func resetEveryPending(t *trial) {
	s, peer := t.pair("socket")
	var recvs [3]iocp.Op
	var sends [2]iocp.Op
	for i := range recvs {
		t.recv(s, &recvs[i], make([]byte, 8))
	}
	t.sendStuck(s, peer, &sends[0])
	t.send(s, &sends[1], []byte("behind"))
	peer.reset()
	for range len(recvs) + len(sends) {
		if c := t.next(); !errors.Is(c.Err, iocp.ErrReset) {
			t.Errorf("got completion %+v, want %v", c, iocp.ErrReset)
		}
	}
	t.latched(s)
}

// latched checks that both directions are refused from now on, every time.
func (t *trial) latched(s *iocp.Socket) {
	t.Helper()
	var op iocp.Op
	for range 3 {
		t.refused(s.Recv(&op, make([]byte, 1)), iocp.ErrReset)
		t.refused(s.Send(&op, make([]byte, 1)), iocp.ErrReset)
		t.refused(s.RecvPooled(&op), iocp.ErrReset)
		t.refused(s.Recv(&op, nil), iocp.ErrReset)
	}
	t.quiet()
}

func resetLatched(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	t.recv(s, &op, make([]byte, 8))
	peer.reset()
	t.expect(packet{op: &op, key: "socket", err: iocp.ErrReset})
	t.latched(s)
}

// resetUnseenRecv has the reset come while nothing is pending: the receive
// after it is refused, or completes, with the reset.
func resetUnseenRecv(t *trial) {
	s, peer := t.pair("socket")
	peer.reset()
	t.meetsReset(s)
	t.latched(s)
}

// resetUnseenSend has a send meet the reset, which may still succeed, if the
// reset is on its way; what a kernel says once mustn't be lost on the receive
// after it, which would then look like the end of the stream.
func resetUnseenSend(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	peer.reset()
	err := t.attempt(&op, func() error { return s.Send(&op, []byte("x")) })
	if err == nil {
		err = t.next().Err
	}
	if err != nil {
		t.refused(err, iocp.ErrReset)
	}
	t.meetsReset(s)
	t.latched(s)
}

// peerGone sends to a peer that has closed in good order. Its system answers
// with a reset, which some send meets, and then nothing goes any more.
func peerGone(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	t.must(peer.Close())
	t.recv(s, &op, make([]byte, 8))
	t.expect(packet{op: &op, key: "socket"})
	t.await("a send to meet the reset", func() bool {
		err := t.attempt(&op, func() error { return s.Send(&op, []byte("x")) })
		if err == nil {
			err = t.next().Err
		}
		t.must(unless(err, iocp.ErrReset))
		return err != nil
	})
	t.latched(s)
}

// resetMetBySend starts a send and a receive behind a reset, together: the
// queued packet is a reason for a port to hold them back, and the receive that
// filled its buffer is one to try another at once. A kernel that tells the send
// of the reset mustn't make the receive see the end of the stream.
func resetMetBySend(t *trial) {
	s, peer := t.pair("socket")
	var recv, send iocp.Op
	t.recv(s, &recv, make([]byte, 8))
	peer.write(make([]byte, 8))
	t.expect(packet{op: &recv, key: "socket", n: 8})
	t.post(nil, 1, nil)
	peer.reset()
	pending := 1
	for _, start := range []func() error{
		func() error { return t.attempt(&send, func() error { return s.Send(&send, []byte("x")) }) },
		func() error { return t.attempt(&recv, func() error { return s.Recv(&recv, make([]byte, 8)) }) },
	} {
		if start() == nil {
			pending++
		}
	}
	for range pending {
		if c := t.next(); c.Op == &recv {
			t.check(c, packet{op: &recv, key: "socket", err: iocp.ErrReset})
		}
	}
	t.meetsReset(s)
}

// meetsReset starts a receive, which must end as a reset one way or another.
func (t *trial) meetsReset(s *iocp.Socket) {
	t.Helper()
	var op iocp.Op
	err := t.attempt(&op, func() error { return s.Recv(&op, make([]byte, 8)) })
	if err != nil {
		t.refused(err, iocp.ErrReset)
		return
	}
	t.expect(packet{op: &op, key: "socket", err: iocp.ErrReset})
}

// closeIsNoReset closes a socket that has everything pending and unread data.
func closeIsNoReset(t *trial) { t.localEnd((*iocp.Socket).Close) }

func abortIsNoReset(t *trial) { t.localEnd((*iocp.Socket).Abort) }

func (t *trial) localEnd(end func(*iocp.Socket) error) {
	t.Helper()
	s, peer := t.pair("socket")
	var probe, send, behind iocp.Op
	t.recv(s, &probe, nil)
	peer.write([]byte("unread"))
	t.expect(packet{op: &probe, key: "socket"})
	data := t.sendStuck(s, peer, &send)
	t.send(s, &behind, []byte("behind"))
	t.must(end(s))
	for range 2 {
		c := t.next()
		if !errors.Is(c.Err, net.ErrClosed) || errors.Is(c.Err, iocp.ErrReset) || c.N >= len(data) {
			t.Errorf("got completion %+v, want %v and nothing else", c, net.ErrClosed)
		}
	}
	t.quiet()
}

// connectRefused connects to where nobody listens, and then, by the same
// socket, to where somebody does.
func connectRefused(t *trial) {
	s := t.socket("socket")
	var op iocp.Op
	for range 2 {
		t.connect(s, &op, t.deaf())
		t.expect(packet{op: &op, key: "socket", err: iocp.ErrRefused})
	}
	t.refused(s.Send(&op, []byte("x")), iocp.ErrNotConnected)
	ln := t.foreignListener(loopback4)
	t.connect(s, &op, addrOf(ln.Addr()))
	t.expect(packet{op: &op, key: "socket"})
	peer := t.foreignAccept(ln)
	t.send(s, &op, []byte("there"))
	t.expect(packet{op: &op, key: "socket", n: 5})
	peer.reads([]byte("there"))
}

// deaf is an address at which nobody listens and nobody can: its port is that
// of a connection, which was bound to it.
func (t *trial) deaf() netip.AddrPort {
	t.Helper()
	ln := t.foreignListener(loopback4)
	conn, err := t.foreignNet().dial(loopback4, addrOf(ln.Addr()), t.deadline)
	t.must(err)
	t.foreignAccept(ln)
	return t.newPeer(conn).local()
}

// errorClasses provokes errors that the other clauses don't.
func errorClasses(t *trial) {
	l := t.looseListener(loopback4)
	_, err := t.port.Listen(l.Addr(), iocp.ListenConfig{})
	t.refusedBySystem(err, iocp.ErrAddrInUse, l.Addr())

	// An address for documentation, which no machine has.
	nobodys := netip.MustParseAddrPort("192.0.2.1:0")
	_, err = t.port.Listen(nobodys, iocp.ListenConfig{})
	t.refusedBySystem(err, iocp.ErrAddrNotAvail, nobodys)

	_, err = t.port.Listen(netip.AddrPort{}, iocp.ListenConfig{})
	t.refused(err, iocp.ErrInvalid)
}

func (t *trial) refusedBySystem(err, class error, addr netip.AddrPort) {
	t.Helper()
	t.refused(err, class)
	var opErr *iocp.OpError
	if !errors.As(err, &opErr) || opErr.Op != "listen" || opErr.Addr != addr {
		t.Errorf("the error is %#v, want an OpError that says listen and %v", err, addr)
	}
}
