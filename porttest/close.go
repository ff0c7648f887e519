package porttest

import (
	"net"

	"iocp"
)

// Closing sockets: C109, C110, C115. (A listener: C91; the port: C32.)

func closePending(t *trial) {
	s, peer := t.pair("socket")
	var recvs [3]iocp.Op
	var sends [3]iocp.Op
	var pooled iocp.Op
	for i := range recvs {
		t.recv(s, &recvs[i], make([]byte, 8))
	}
	t.recvPooled(s, &pooled)
	t.sendStuck(s, peer, &sends[0])
	t.send(s, &sends[1], []byte("behind"))
	t.send(s, &sends[2], []byte("behind"))
	t.must(s.Close())
	for range len(recvs) + len(sends) + 1 {
		c := t.next()
		t.check(c, packet{op: c.Op, key: "socket", n: c.N, err: net.ErrClosed})
	}
	t.quiet()
}

// closeConnecting closes a socket that connects. The connect may be over
// before, but there is one packet.
func closeConnecting(t *trial) {
	ln := t.foreignListener(loopback4)
	for range 20 {
		s := t.socket("socket")
		var op iocp.Op
		t.connect(s, &op, addrOf(ln.Addr()))
		t.must(s.Close())
		c := t.next()
		if c.Err != nil {
			t.check(c, packet{op: &op, key: "socket", err: net.ErrClosed})
		}
	}
	t.quiet()
}

func closeIdle(t *trial) {
	s, peer := t.pair("socket")
	l := t.listener("listener")
	unconnected := t.socket("unconnected")
	t.must(s.Close())
	t.must(l.Close())
	t.must(unconnected.Close())
	peer.readsEnd()
	t.quiet()
	t.refused(s.Close(), net.ErrClosed)
	t.refused(s.Abort(), net.ErrClosed)
	t.refused(s.Shutdown(iocp.BothSides), net.ErrClosed)
}

// peerSeesEnd closes a socket with receives pending, before anybody dequeues:
// the kernel's reference to it mustn't keep the end from the peer.
func peerSeesEnd(t *trial) {
	s, peer := t.pair("socket")
	var own, pooled iocp.Op
	t.recv(s, &own, make([]byte, 8))
	t.recvPooled(s, &pooled)
	t.quiet() // by now the receives are with the kernel
	t.must(s.Close())
	peer.readsEnd()
	for range 2 {
		c := t.next()
		t.check(c, packet{op: c.Op, key: "socket", err: net.ErrClosed})
	}
}

// handlesReused makes and closes connections in turn, so that the system uses
// its numbers again: what is left of one mustn't reach the next.
func handlesReused(t *trial) {
	l := t.listener("listener")
	ops := make([]iocp.Op, 100)
	var accept iocp.Op
	for i := range ops {
		t.accept(l, &accept)
		client := t.dial(l.Addr())
		s := t.expect(packet{op: &accept, key: "listener"}).Socket
		t.must(t.port.Associate(s, i))
		t.recv(s, &ops[i], make([]byte, 8))
		if i%2 == 0 {
			client.write([]byte{byte(i)})
			t.expect(packet{op: &ops[i], key: i, n: 1})
			t.must(s.Close())
		} else {
			t.must(s.Close())
			t.expect(packet{op: &ops[i], key: i, err: net.ErrClosed})
		}
		t.must(client.Close())
	}
}

func abortResets(t *trial) {
	s, peer := t.pair("socket")
	var recv iocp.Op
	t.recv(s, &recv, make([]byte, 8))
	end := t.readingEnd(peer)
	t.must(s.Abort())
	end.isReset()
	t.expect(packet{op: &recv, key: "socket", err: net.ErrClosed})
	t.refused(s.Close(), net.ErrClosed)
}

func lingerZeroResets(t *trial) {
	s, peer := t.pair("socket")
	t.must(s.Linger(0))
	end := t.readingEnd(peer)
	t.must(s.Close())
	end.isReset()
}
