package porttest

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime/pprof"
	"time"

	"iocp"
)

// Closing listeners and sockets: C91, C109, C114, C115. (The port: C32.)

func closeListener(t *trial) {
	l := t.listener("listener")
	at := l.Addr()
	var ops [4]iocp.Op
	for i := range ops {
		t.accept(l, &ops[i])
	}
	t.must(l.Close())
	for range ops {
		c := t.next()
		t.check(c, packet{op: c.Op, key: "listener", err: net.ErrClosed})
		if c.Socket != nil {
			t.Errorf("an accept on a closed listener brought a socket: %+v", c)
		}
	}
	t.noneListens(at)
	t.quiet()
}

func closeStanding(t *trial) {
	l := t.listener("listener")
	at := l.Addr()
	var op iocp.Op
	t.acceptMany(l, &op)
	p := t.dial(at)
	t.isFrom(t.expect(packet{op: &op, key: "listener", more: true}), p)
	t.must(l.Close())
	t.isLast(t.expect(packet{op: &op, key: "listener", err: net.ErrClosed}))
	t.noneListens(at)
}

func (t *trial) noneListens(at netip.AddrPort) {
	t.Helper()
	if conn, err := t.tryDial(at); err == nil {
		conn.Close()
		t.Error("a closed listener's address still takes connections")
	}
}

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

// gracefulEnd goes the sure way: shut down, receive to the end, close. No data
// is lost in either direction, and nobody is reset.
func gracefulEnd(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	data := pattern(1 << 20)
	answering := background(t, "the peer answering", func() (struct{}, error) {
		if err := peer.verify(data); err != nil {
			return struct{}{}, err
		}
		if _, err := peer.Write(data); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, peer.CloseWrite()
	})
	t.send(s, &op, data)
	t.must(s.Shutdown(iocp.SendSide))
	t.expect(packet{op: &op, key: "socket", n: len(data)})
	in := t.receiver(s, 1<<16, 1)
	in.takes(data)
	t.recv(s, &op, make([]byte, 8))
	t.expect(packet{op: &op, key: "socket"})
	answering.must()
	t.must(s.Close())
	peer.readsEnd()
}

// closeUnread closes with data that nobody has received. Whether the peer sees
// the end of the stream or a reset is the kernel's affair; it sees one of them.
func closeUnread(t *trial) {
	s, peer := t.pair("socket")
	var probe iocp.Op
	t.recv(s, &probe, nil)
	peer.write([]byte("unread"))
	t.expect(packet{op: &probe, key: "socket"})
	end := t.readingEnd(peer)
	t.must(s.Close())
	if err := end.must(); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the peer wasn't told of the close")
	}
	t.quiet()
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

// lingerReturns closes a socket that is to linger, with data in the system that
// the peer doesn't take. It is the system that waits for the peer then, not whoever
// closes.
func lingerReturns(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	t.must(s.Linger(time.Hour))
	t.sendStuck(s, peer, &op)
	background(t, "closing a socket that lingers", func() (struct{}, error) { return struct{}{}, s.Close() }).must()
	c := t.next()
	t.check(c, packet{op: &op, key: "socket", n: c.N, err: net.ErrClosed})
}

// lingerTakesNoThreads closes many sockets that are to linger, whose peers don't
// receive until later: none keeps a thread of the system's waiting, and all is
// delivered.
func lingerTakesNoThreads(t *trial) {
	const many = 60
	data := make([]byte, 64<<10)
	peers := make([]*peer, many)
	before := pprof.Lookup("threadcreate").Count()
	for i := range peers {
		s, p := t.pair("socket")
		peers[i] = p
		t.must(s.Linger(time.Hour))
		var op iocp.Op
		t.send(s, &op, data)
		t.expect(packet{op: &op, key: "socket", n: len(data)})
		t.must(s.Close())
	}
	if grown := pprof.Lookup("threadcreate").Count() - before; grown > many/2 {
		t.Errorf("%d threads were made for %d closes", grown, many)
	}
	for _, p := range peers {
		p.reads(data)
		p.readsEnd()
	}
}

// abortAfterShutdown resets a connection of which one direction is over: the
// peer, which has seen the end of the stream, can't send any more.
func abortAfterShutdown(t *trial) {
	s, peer := t.pair("socket")
	t.must(s.Shutdown(iocp.SendSide))
	peer.readsEnd()
	t.must(s.Abort())
	t.await("the peer's sends to fail", func() bool {
		_, err := peer.Write([]byte("x"))
		return err != nil
	})
}
