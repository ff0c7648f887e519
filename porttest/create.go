package porttest

import (
	"net"
	"net/netip"

	"iocp"
)

// Making a port and associating handles with it: C1 to C9.

func createPort(t *trial) {
	if got := t.port.Backend(); got != t.harness.Name {
		t.Errorf("the port's backend is %q, want %q", got, t.harness.Name)
	}
	st := t.port.Stats()
	if st.Backend != t.harness.Name || st.Concurrency != 3 || st.InFlight != 0 || st.Queued != 0 {
		t.Errorf("a new port's Stats: %+v", st)
	}
	t.empty()
}

func associate(t *trial) {
	s := t.loose(iocp.IPv4)
	t.must(t.port.Associate(s, "key"))
	if got := t.port.Stats().Concurrency; got != 3 {
		t.Errorf("associating made the concurrency value %d", got)
	}
	ln := t.foreignListener(loopback4)
	var op iocp.Op
	t.connect(s, &op, addrOf(ln.Addr()))
	t.expect(packet{op: &op, key: "key"})
}

// createAndAssociate makes a handle before the port it will belong to.
func createAndAssociate(t *trial) {
	s := t.loose(iocp.IPv4)
	late := t.newFixture(iocp.Config{})
	t.must(late.port.Associate(s, "key"))
	var op iocp.Op
	t.connect(s, &op, addrOf(t.foreignListener(loopback4).Addr()))
	late.expect(packet{op: &op, key: "key"})
	t.empty()
}

func noHandle(t *trial) {
	t.refused(t.port.Associate(nil, "key"), iocp.ErrInvalid)
}

func secondAssociation(t *trial) {
	s, peer := t.pair("first")
	l := t.listener("listener")
	other := t.newFixture(iocp.Config{})
	for _, h := range []iocp.Handle{s, l} {
		t.refused(t.port.Associate(h, "first"), iocp.ErrAssociated)
		t.refused(t.port.Associate(h, "second"), iocp.ErrAssociated)
		t.refused(other.port.Associate(h, "first"), iocp.ErrAssociated)
	}
	var recv, accept iocp.Op
	t.recv(s, &recv, make([]byte, 1))
	peer.write([]byte{1})
	t.expect(packet{op: &recv, key: "first", n: 1})
	t.accept(l, &accept)
	t.dial(l.Addr())
	t.expect(packet{op: &accept, key: "listener"})
	other.empty()
}

func associateClosed(t *trial) {
	s := t.loose(iocp.IPv4)
	t.must(s.Close())
	t.refused(t.port.Associate(s, nil), net.ErrClosed)
	l := t.looseListener(loopback4)
	t.must(l.Close())
	t.refused(t.port.Associate(l, nil), net.ErrClosed)
	t.quiet()
}

func keysVerbatim(t *trial) {
	type pair struct{ a, b int }
	for _, key := range []any{nil, 0, uintptr(1), "", pair{1, 2}, new(int), t} {
		s, peer := t.pair(key)
		var op iocp.Op
		for range 2 {
			t.recv(s, &op, make([]byte, 1))
			peer.write([]byte{1})
			t.expect(packet{op: &op, key: key, n: 1})
		}
	}
}

// keyIncomparable has a key that can't be compared: nobody may try.
func keyIncomparable(t *trial) {
	key := []int{7}
	s := t.socket(key)
	ln := t.foreignListener(loopback4)
	var op iocp.Op
	t.connect(s, &op, addrOf(ln.Addr()))
	c := t.next()
	got, ok := c.Key.([]int)
	if !ok || &got[0] != &key[0] || c.Op != &op || c.Err != nil {
		t.Errorf("got %+v, want the key that was given", c)
	}
}

func mixedHandles(t *trial) {
	l := t.listener("listener")
	s, peer := t.pair("connected")
	var accept, recv, fromAccepted, posted iocp.Op
	t.accept(l, &accept)
	client := t.dial(l.Addr())
	accepted := t.expect(packet{op: &accept, key: "listener"}).Socket
	t.must(t.port.Associate(accepted, "accepted"))

	t.recv(accepted, &fromAccepted, make([]byte, 8))
	t.recv(s, &recv, make([]byte, 8))
	client.write([]byte("abc"))
	t.expect(packet{op: &fromAccepted, key: "accepted", n: 3})
	t.post(&posted, 4, "posted")
	t.expect(packet{op: &posted, key: "posted", n: 4})
	peer.write([]byte("de"))
	t.expect(packet{op: &recv, key: "connected", n: 2})
}

// tooEarly starts operations before the association. They are refused, and what
// comes before the handle has a port waits for operations that are started then.
func tooEarly(t *trial) {
	var op iocp.Op
	buf := make([]byte, 8)
	l := t.looseListener(loopback4)
	t.refused(l.Accept(&op), iocp.ErrNotAssociated)
	peer := t.dial(l.Addr())
	t.must(t.port.Associate(l, "listener"))
	t.quiet()
	t.accept(l, &op)
	s := t.expect(packet{op: &op, key: "listener"}).Socket

	t.refused(s.Recv(&op, buf), iocp.ErrNotAssociated)
	t.refused(s.RecvPooled(&op), iocp.ErrNotAssociated)
	t.refused(s.Send(&op, buf), iocp.ErrNotAssociated)
	peer.write([]byte("abc"))
	t.must(t.port.Associate(s, "socket"))
	t.quiet()
	t.recv(s, &op, buf)
	c := t.expect(packet{op: &op, key: "socket", n: 3})
	t.must(compare(buf[:c.N], []byte("abc")))
}

func echoIPv4(t *trial) { echo(t, loopback4) }

func echoIPv6(t *trial) {
	t.needIPv6()
	echo(t, loopback6)
}

// echo has both ends of a connection on one port.
func echo(t *trial, at netip.AddrPort) {
	l := t.looseListener(at)
	t.must(t.port.Associate(l, "listener"))
	client := t.loose(iocp.FamilyOf(at.Addr()))
	t.must(t.port.Associate(client, "client"))
	var accept, connect iocp.Op
	t.accept(l, &accept)
	t.connect(client, &connect, l.Addr())
	got := map[any]iocp.Completion{}
	for range 2 {
		c := t.next()
		got[c.Key] = c
	}
	t.check(got["client"], packet{op: &connect, key: "client"})
	t.check(got["listener"], packet{op: &accept, key: "listener"})
	server := got["listener"].Socket
	t.must(t.port.Associate(server, "server"))

	data := pattern(t.volume(1<<10, 128))
	for i := range len(data) {
		t.passes(client, server, data[i:i+1])
		t.passes(server, client, data[:i+1])
	}
}

// passes sends a message from one socket to another of the same port.
func (t *trial) passes(from, to *iocp.Socket, msg []byte) {
	t.Helper()
	var send, recv iocp.Op
	got, buf := []byte{}, make([]byte, len(msg))
	t.send(from, &send, msg)
	t.recv(to, &recv, buf)
	for sent := false; !sent || len(got) < len(msg); {
		c := t.next()
		if c.Op == &send && c.Err == nil && c.N == len(msg) && !sent {
			sent = true
			continue
		}
		if c.Op != &recv || c.Err != nil || c.N == 0 {
			t.Fatalf("got %+v while passing a message of %d bytes", c, len(msg))
		}
		got = append(got, buf[:c.N]...)
		if len(got) < len(msg) {
			t.recv(to, &recv, buf[:len(msg)-len(got)])
		}
	}
	t.must(compare(got, msg))
}
