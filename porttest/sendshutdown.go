package porttest

import (
	"errors"
	"io"
	"net"

	"iocp"
)

// Sending up to a shutdown or a cancel: C77, C78.

func sendShutDown(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	t.must(s.Shutdown(iocp.SendSide))
	t.refused(s.Send(&op, []byte("x")), iocp.ErrShutdown)
	t.quiet()
	peer.readsEnd()
	t.recv(s, &op, make([]byte, 8))
	peer.write([]byte("on"))
	t.expect(packet{op: &op, key: "socket", n: 2})
}

// shutDownTwice repeats itself, and adds the other side.
func shutDownTwice(t *trial) {
	s, peer := t.pair("socket")
	t.refused(s.Shutdown(0), iocp.ErrInvalid)
	t.refused(t.socket("unconnected").Shutdown(iocp.SendSide), iocp.ErrNotConnected)
	for _, side := range []iocp.Direction{iocp.SendSide, iocp.SendSide, iocp.RecvSide, iocp.BothSides} {
		t.must(s.Shutdown(side))
	}
	peer.readsEnd()
	t.must(s.Close())
	t.refused(s.Shutdown(iocp.SendSide), net.ErrClosed)
	t.quiet()
}

// shutDownBothEnds has both ends say that they are done.
func shutDownBothEnds(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	t.recv(s, &op, make([]byte, 8))
	t.must(s.Shutdown(iocp.SendSide))
	peer.finish()
	t.expect(packet{op: &op, key: "socket"})
	peer.readsEnd()
	t.recv(s, &op, make([]byte, 8))
	t.expect(packet{op: &op, key: "socket"})
}

// shutDownThenClose closes right after the shutdown: what was sent arrives, and
// then the end.
func shutDownThenClose(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	data := pattern(64 << 10)
	t.send(s, &op, data)
	t.expect(packet{op: &op, key: "socket", n: len(data)})
	t.must(s.Shutdown(iocp.SendSide))
	t.must(s.Close())
	peer.reads(data)
	peer.readsEnd()
	t.quiet()
}

// shutDownAfterSends shuts down while sends are pending: they still go out,
// and then the end.
func shutDownAfterSends(t *trial) {
	s, peer := t.pair("socket")
	var first, second iocp.Op
	data := t.sendStuck(s, peer, &first)
	t.send(s, &second, []byte("last"))
	t.must(s.Shutdown(iocp.SendSide))
	var refused iocp.Op
	t.refused(s.Send(&refused, []byte("x")), iocp.ErrShutdown)
	reading := peer.reading(append(data[1:len(data):len(data)], "last"...))
	t.expect(packet{op: &first, key: "socket", n: len(data)})
	t.expect(packet{op: &second, key: "socket", n: 4})
	reading.must()
	peer.readsEnd()
}

// shutDownAfterCancel cancels the send that a shutdown waits for: the end
// follows what has left of it.
func shutDownAfterCancel(t *trial) {
	for _, cancel := range []func(*iocp.Socket, *iocp.Op) error{
		func(s *iocp.Socket, op *iocp.Op) error { return s.Cancel(op) },
		func(s *iocp.Socket, _ *iocp.Op) error { return s.CancelAll() },
	} {
		s, peer := t.pair("socket")
		var op iocp.Op
		data := t.sendStuck(s, peer, &op)
		t.must(s.Shutdown(iocp.SendSide))
		t.must(cancel(s, &op))
		c := t.next()
		t.check(c, packet{op: &op, key: "socket", n: c.N, err: iocp.ErrAborted})
		received, err := io.ReadAll(peer)
		t.must(err)
		t.must(compare(received, data[1:1+len(received)]))
	}
}

// cancelHalfSent cancels a send of which part has left: a kernel that calls
// that a success, if a short one, mustn't be believed.
func cancelHalfSent(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	data := t.sendStuck(s, peer, &op)
	t.must(s.Cancel(&op))
	c := t.next()
	if c.Op != &op || !errors.Is(c.Err, iocp.ErrAborted) || c.N < 0 || c.N >= len(data) {
		t.Fatalf("got completion %+v, want a part of %d bytes with %v", c, len(data), iocp.ErrAborted)
	}
	t.must(s.Close())
	received, err := io.ReadAll(peer)
	if err != nil || len(received)+1 < c.N || len(received)+1 >= len(data) {
		t.Fatalf("the peer received %d bytes and error %v, and the completion said %d", len(received)+1, err, c.N)
	}
	t.must(compare(received, data[1:1+len(received)]))
}

// cancelRacesSend cancels sends at some point while the peer takes them in. One
// that isn't whole is no success, and bytes that it counts have left.
func cancelRacesSend(t *trial) {
	rounds := t.volume(20, 4)
	data := stuckData()[:t.volume(8<<20, 5<<18)]
	for i := range rounds {
		s, peer := t.pair("socket")
		var op iocp.Op
		t.send(s, &op, data)
		reading := background(t, "the peer receiving", func() (int64, error) {
			n, err := io.CopyN(io.Discard, peer, int64(i*len(data)/rounds))
			if err != nil {
				return n, err
			}
			if err := s.Cancel(&op); err != nil && !errors.Is(err, iocp.ErrNotFound) {
				return n, err
			}
			rest, err := io.Copy(io.Discard, peer)
			return n + rest, err
		})
		c := t.next()
		if c.Err != nil {
			t.check(c, packet{op: &op, key: "socket", n: c.N, err: iocp.ErrAborted})
		} else {
			t.check(c, packet{op: &op, key: "socket", n: len(data)})
		}
		t.must(s.Close())
		if got := reading.must(); got < int64(c.N) {
			t.Errorf("the peer received %d bytes of %d that the completion counts", got, c.N)
		}
	}
}

// cancelQueuedSend cancels a send behind another, of which nothing has left.
func cancelQueuedSend(t *trial) {
	s, peer := t.pair("socket")
	var first, second iocp.Op
	data := t.sendStuck(s, peer, &first)
	t.send(s, &second, []byte("never"))
	t.must(s.Cancel(&second))
	reading := peer.reading(data[1:])
	for range 2 {
		if c := t.next(); c.Op == &second {
			t.check(c, packet{op: &second, key: "socket", err: iocp.ErrAborted})
		} else {
			t.check(c, packet{op: &first, key: "socket", n: len(data)})
		}
	}
	reading.must()
}
