package porttest

import (
	"net"
	"net/netip"
	"time"

	"iocp"
)

// Connecting, and what a connected socket is like: C71, C94, C96, C98, C103.

// ready checks that sockets are whole when their completion is dequeued:
// addresses, options and shutdown work on accepted and connected ones alike.
func ready(t *trial) {
	l := t.listener("listener")
	var op iocp.Op
	t.accept(l, &op)
	client := t.dial(l.Addr())
	accepted := t.expect(packet{op: &op, key: "listener"}).Socket
	t.must(t.port.Associate(accepted, "accepted"))
	connected, server := t.pair("connected")
	for _, end := range []struct {
		s    *iocp.Socket
		peer *peer
	}{{accepted, client}, {connected, server}} {
		if local, remote := end.s.Addr(), end.s.RemoteAddr(); local != addrOf(end.peer.RemoteAddr()) || remote != end.peer.local() {
			t.Errorf("the socket is %v - %v, and its peer %v - %v", local, remote, end.peer.local(), end.peer.RemoteAddr())
		}
		t.must(end.s.NoDelay(true))
		t.must(end.s.NoDelay(false))
		t.must(end.s.KeepAlive(net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: time.Minute, Count: 3}))
		t.must(end.s.KeepAlive(net.KeepAliveConfig{}))
		t.must(end.s.Linger(time.Second))
		t.must(end.s.Linger(-1))
		t.must(end.s.Shutdown(iocp.SendSide))
		end.peer.readsEnd()
	}
}

func connectArguments(t *trial) {
	ln := t.foreignListener(loopback4)
	to := addrOf(ln.Addr())
	var op, second iocp.Op
	loose := t.loose(iocp.IPv4)
	t.refused(loose.Connect(&op, to), iocp.ErrNotAssociated)

	s := t.socket("socket")
	t.refused(s.Connect(&op, netip.AddrPort{}), iocp.ErrInvalid)
	t.refused(s.Connect(&op, loopback4), iocp.ErrInvalid)
	t.connect(s, &op, to)
	t.refused(s.Connect(&second, to), iocp.ErrConnected) // as long as the first isn't dequeued
	t.expect(packet{op: &op, key: "socket"})
	t.refused(s.Connect(&second, to), iocp.ErrConnected)
	t.quiet()
}

func connectBound(t *trial) {
	ln := t.foreignListener(loopback4)
	s := t.socket("socket")
	t.must(s.Bind(loopback4))
	var op iocp.Op
	t.connect(s, &op, addrOf(ln.Addr()))
	t.expect(packet{op: &op, key: "socket"})
	peer := t.foreignAccept(ln)
	if got := s.Addr(); got != addrOf(peer.RemoteAddr()) || got.Addr() != loopback4.Addr() {
		t.Errorf("the bound socket's address is %v, and its peer sees %v", got, peer.RemoteAddr())
	}
}

// postsNothing calls what isn't an operation.
func postsNothing(t *trial) {
	s, peer := t.pair("socket")
	l := t.listener("listener")
	before := t.port.Stats().Submitted
	t.must(t.socket("unconnected").Bind(loopback4))
	t.must(s.NoDelay(true))
	t.must(s.Shutdown(iocp.SendSide))
	peer.readsEnd()
	t.must(s.Shutdown(iocp.RecvSide))
	_, err := l.TryAccept()
	t.refused(err, iocp.ErrWouldBlock)
	if after := t.port.Stats().Submitted; after != before {
		t.Errorf("%d operations were started by calls that aren't any", after-before)
	}
	t.quiet()
}

// cancelRacesConnect cancels connects while they are made. One that is aborted
// may be made again.
func cancelRacesConnect(t *trial) {
	ln := t.foreignListener(loopback4)
	to := addrOf(ln.Addr())
	for range 30 {
		s := t.socket("socket")
		var op iocp.Op
		t.connect(s, &op, to)
		t.must(unless(s.Cancel(&op), iocp.ErrNotFound))
		c := t.next()
		if c.Err != nil {
			t.check(c, packet{op: &op, key: "socket", err: iocp.ErrAborted})
			t.refused(s.Recv(&op, make([]byte, 1)), iocp.ErrNotConnected)
			t.connect(s, &op, to)
			c = t.next()
		}
		t.check(c, packet{op: &op, key: "socket"})
		t.send(s, &op, []byte("there"))
		t.expect(packet{op: &op, key: "socket", n: 5})
		t.must(s.Close())
	}
	t.quiet()
}

// listenerClosing connects to listeners that are just closing: the connect
// succeeds or is refused, and a connection that nobody took ends. It does so at
// the latest when something is sent on it: of a listener that closed in the midst
// of the handshake, Linux tells the connecting end only then.
func listenerClosing(t *trial) {
	for range 30 {
		ln := t.foreignListener(loopback4)
		to := addrOf(ln.Addr())
		closing := background(t, "closing the foreign listener", func() (struct{}, error) { return struct{}{}, ln.Close() })
		s := t.socket("socket")
		var op iocp.Op
		t.connect(s, &op, to)
		c := t.next()
		closing.must()
		if c.Err != nil {
			t.must(unless(unless(c.Err, iocp.ErrRefused), iocp.ErrReset))
			continue
		}
		for _, start := range []func() error{
			func() error { return s.Send(&op, []byte("x")) },
			func() error { return s.Recv(&op, make([]byte, 1)) },
		} {
			if t.attempt(&op, start) == nil {
				t.must(unless(t.next().Err, iocp.ErrReset))
			}
		}
	}
	t.quiet()
}
