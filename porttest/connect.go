package porttest

import (
	"net"
	"net/netip"
	"time"

	"iocp"
)

// Connecting, and what a connected socket is like: C94, C96.

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
