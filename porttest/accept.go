package porttest

import (
	"net"
	"net/netip"

	"iocp"
)

// Accepting: C87 to C90, C93, C95.

// acceptsAtOnce accepts a connection on which nothing is sent.
func acceptsAtOnce(t *trial) {
	l := t.listener("listener")
	var op iocp.Op
	t.accept(l, &op)
	t.quiet()
	peer := t.dial(l.Addr())
	c := t.expect(packet{op: &op, key: "listener"})
	t.carries(c.Socket, peer)
}

// carries checks that an accepted socket is the other end of peer.
func (t *trial) carries(s *iocp.Socket, p *peer) {
	t.Helper()
	if s == nil {
		t.Fatal("the accept brought no socket")
	}
	t.must(t.port.Associate(s, "accepted"))
	var op iocp.Op
	t.send(s, &op, []byte("to"))
	t.expect(packet{op: &op, key: "accepted", n: 2})
	p.reads([]byte("to"))
	t.recv(s, &op, make([]byte, 8))
	p.write([]byte("fro"))
	t.expect(packet{op: &op, key: "accepted", n: 3})
}

// dualStack listens on all addresses of both families.
func dualStack(t *trial) {
	t.needIPv6()
	l := t.looseListener(netip.AddrPortFrom(netip.IPv6Unspecified(), 0))
	t.must(t.port.Associate(l, "listener"))
	for _, at := range []netip.AddrPort{loopback4, loopback6} {
		var op iocp.Op
		t.accept(l, &op)
		peer := t.dial(netip.AddrPortFrom(at.Addr(), l.Addr().Port()))
		s := t.expect(packet{op: &op, key: "listener"}).Socket
		t.carries(s, peer)
		if got := s.RemoteAddr(); got.Addr().Unmap() != at.Addr() || got.Port() != peer.local().Port() {
			t.Errorf("the socket's remote address is %v, want %v", got, peer.local())
		}
	}
}

// acceptedIsFree associates an accepted socket with another port than the
// listener's.
func acceptedIsFree(t *trial) {
	l := t.listener("listener")
	var op iocp.Op
	t.accept(l, &op)
	peer := t.dial(l.Addr())
	s := t.expect(packet{op: &op, key: "listener"}).Socket
	t.refused(s.Recv(&op, make([]byte, 1)), iocp.ErrNotAssociated)
	t.refused(s.Send(&op, make([]byte, 1)), iocp.ErrNotAssociated)
	other := t.newFixture(iocp.Config{})
	t.must(other.port.Associate(s, "elsewhere"))
	t.recv(s, &op, make([]byte, 8))
	peer.write([]byte("abc"))
	other.expect(packet{op: &op, key: "elsewhere", n: 3})
	t.quiet()
}

func acceptArguments(t *trial) {
	var op iocp.Op
	loose := t.looseListener(loopback4)
	t.refused(loose.Accept(&op), iocp.ErrNotAssociated)
	t.refused(loose.AcceptMany(&op), iocp.ErrNotAssociated)
	l := t.listener("listener")
	t.must(l.Close())
	t.refused(l.Accept(&op), net.ErrClosed)
	t.refused(l.AcceptMany(&op), net.ErrClosed)
	_, err := l.TryAccept()
	t.refused(err, net.ErrClosed)
	t.refused(l.Close(), net.ErrClosed)
	t.quiet()
}

// acceptOrder has accepts pending before, and connections waiting before.
func acceptOrder(t *trial) {
	l := t.listener("listener")
	var ops [8]iocp.Op
	for i := range ops {
		t.accept(l, &ops[i])
	}
	for i := range ops {
		peer := t.dial(l.Addr())
		t.isFrom(t.expect(packet{op: &ops[i], key: "listener"}), peer)
	}
	var peers [8]*peer
	for i := range peers {
		peers[i] = t.dial(l.Addr())
	}
	for i := range ops {
		t.accept(l, &ops[i])
	}
	for i := range ops {
		t.isFrom(t.expect(packet{op: &ops[i], key: "listener"}), peers[i])
	}
}

// acceptsAnywhere has several goroutines start accepts while clients connect:
// each connection is handed out once.
func acceptsAnywhere(t *trial) {
	const starters, each = 5, 8
	l := t.listener("listener")
	ops := make([]iocp.Op, starters*each)
	var starting []*future[struct{}]
	for i := range starters {
		mine := ops[i*each : (i+1)*each]
		starting = append(starting, background(t, "starting accepts", func() (struct{}, error) {
			for i := range mine {
				if err := t.attempt(&mine[i], func() error { return l.Accept(&mine[i]) }); err != nil {
					return struct{}{}, err
				}
			}
			return struct{}{}, nil
		}))
	}
	unseen := map[netip.AddrPort]bool{}
	for range ops {
		unseen[t.dial(l.Addr()).local()] = true
	}
	for range ops {
		c := t.next()
		t.check(c, packet{op: c.Op, key: "listener"})
		if from := c.Socket.RemoteAddr(); !unseen[from] {
			t.Errorf("the connection from %v is unknown, or came twice", from)
		} else {
			delete(unseen, from)
		}
	}
	for _, f := range starting {
		f.must()
	}
	t.quiet()
}

// isFrom checks that an accept brought the connection of peer.
func (t *trial) isFrom(c iocp.Completion, p *peer) {
	t.Helper()
	if c.Socket == nil || c.Socket.RemoteAddr() != p.local() {
		t.Fatalf("got completion %+v, want the connection from %v", c, p.local())
	}
}

// acceptMany takes connections that wait already, and others one by one, and
// is ended by a cancel, after which the listener goes on.
func acceptMany(t *trial) {
	l := t.listener("listener")
	var op iocp.Op
	var peers []*peer
	for range 10 {
		peers = append(peers, t.dial(l.Addr()))
	}
	t.acceptMany(l, &op)
	for _, p := range peers {
		t.isFrom(t.expect(packet{op: &op, key: "listener", more: true}), p)
	}
	for range 10 {
		p := t.dial(l.Addr())
		t.isFrom(t.expect(packet{op: &op, key: "listener", more: true}), p)
	}
	t.refused(l.Accept(&op), iocp.ErrBusy)
	t.must(l.Cancel(&op))
	t.isLast(t.expect(packet{op: &op, key: "listener", err: iocp.ErrAborted}))
	t.refused(l.Cancel(&op), iocp.ErrNotFound)

	t.accept(l, &op)
	p := t.dial(l.Addr())
	t.isFrom(t.expect(packet{op: &op, key: "listener"}), p)
}

// acceptBound leaves connections undequeued: beyond a number they stay with the
// kernel, and come when there is room.
func acceptBound(t *trial) {
	const most = 64
	l := t.listener("listener")
	var peers [most + 40]*peer
	for i := range peers {
		peers[i] = t.dial(l.Addr())
	}
	var op iocp.Op
	t.acceptMany(l, &op)
	for _, p := range peers {
		if n := t.port.Stats().Queued; n > most {
			t.Fatalf("%d connections are queued", n)
		}
		t.isFrom(t.expect(packet{op: &op, key: "listener", more: true}), p)
	}
	t.quiet()
}

// isLast checks that the completion brings nothing and that none follows.
func (t *trial) isLast(c iocp.Completion) {
	t.Helper()
	if c.Socket != nil || c.N != 0 {
		t.Errorf("the last completion brings something: %+v", c)
	}
	t.quiet()
}

// resetInBacklog has a connection be reset before it is accepted. Whether it
// is then accepted or passed over, the accepts after it work.
func resetInBacklog(t *trial) {
	l := t.listener("listener")
	t.dial(l.Addr()).reset()
	good := t.dial(l.Addr())
	var op iocp.Op
	t.acceptMany(l, &op)
	c := t.expect(packet{op: &op, key: "listener", more: true})
	if c.Socket != nil && c.Socket.RemoteAddr() != good.local() {
		c = t.expect(packet{op: &op, key: "listener", more: true})
	}
	t.isFrom(c, good)
	t.carries(c.Socket, good)
}

func tryAccept(t *trial) {
	l := t.looseListener(loopback4)
	for range 2 {
		_, err := l.TryAccept()
		t.refused(err, iocp.ErrWouldBlock)
	}
	peer := t.dial(l.Addr())
	var s *iocp.Socket
	t.await("a connection for TryAccept", func() bool {
		var err error
		if s, err = l.TryAccept(); err != nil {
			t.refused(err, iocp.ErrWouldBlock)
		}
		return err == nil
	})
	t.own(s)
	_, err := l.TryAccept()
	t.refused(err, iocp.ErrWouldBlock)
	t.carries(s, peer)
}
