package porttest

import (
	"net/netip"

	"iocp"
)

// Connecting: C96, and with it the state a socket is in.

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
