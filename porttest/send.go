package porttest

import (
	"errors"
	"io"

	"iocp"
)

// Sending: C73 to C79.

// stuck is the size of a send that can't be over while the peer reads little
// of it: more than the kernel holds for a connection.
const stuck = 16 << 20

// sendStuck starts a send of that size, and returns when part of it is known
// to have left.
func (t *trial) sendStuck(s *iocp.Socket, p *peer, op *iocp.Op) []byte {
	t.Helper()
	data := pattern(stuck)
	t.must(p.SetReadBuffer(64 << 10))
	t.send(s, op, data)
	p.reads(data[:1])
	return data
}

// reading has the peer receive on a goroutine, and fail on anything but want.
func (p *peer) reading(want []byte) *future[struct{}] {
	return background(p.t, "the peer receiving", func() (struct{}, error) { return struct{}{}, p.verify(want) })
}

func sendWhole(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	data := t.sendStuck(s, peer, &op)
	t.quiet()
	reading := peer.reading(data[1:])
	t.expect(packet{op: &op, key: "socket", n: len(data)})
	reading.must()
}

func sendGathered(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	data := pattern(1 << 20)
	bufs := [][]byte{data[:0], data[:1]}
	for at, size := 1, 1; at < len(data); at, size = at+size, size*2 {
		size = min(size, len(data)-at)
		bufs = append(bufs, data[at:at+size], nil)
	}
	reading := peer.reading(data)
	t.send(s, &op, bufs...)
	t.expect(packet{op: &op, key: "socket", n: len(data)})
	reading.must()
}

// sendGatheredMany has more buffers than a kernel takes in one call (1024 on
// Linux).
func sendGatheredMany(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	data := pattern(3000)
	bufs := make([][]byte, len(data))
	for i := range bufs {
		bufs[i] = data[i : i+1]
	}
	reading := peer.reading(data)
	t.send(s, &op, bufs...)
	t.expect(packet{op: &op, key: "socket", n: len(data)})
	reading.must()
}

// sendOrder has 64 sends pending that the kernel can't all hold.
func sendOrder(t *trial) {
	s, peer := t.pair("socket")
	t.must(peer.SetReadBuffer(64 << 10))
	data := pattern(64 * (128<<10 + 1))
	size := len(data) / 64
	var ops [64]iocp.Op
	for i := range ops {
		msg := data[i*size : (i+1)*size]
		t.send(s, &ops[i], msg[:i], msg[i:])
	}
	reading := peer.reading(data)
	for i := range ops {
		t.expect(packet{op: &ops[i], key: "socket", n: size})
	}
	reading.must()
}

// bufferFree changes the buffer as soon as its send is over, before the peer
// has received anything.
func bufferFree(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	data := pattern(32 << 10)
	buf := make([]byte, len(data))
	for range 4 {
		copy(buf, data)
		t.send(s, &op, buf)
		t.expect(packet{op: &op, key: "socket", n: len(buf)})
		clear(buf)
	}
	for range 4 {
		peer.reads(data)
	}
}

// deliveredAfterClose has a send be over while the peer has received nothing.
func deliveredAfterClose(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	data := pattern(64 << 10)
	t.send(s, &op, data)
	t.expect(packet{op: &op, key: "socket", n: len(data)})
	t.refused(s.Cancel(&op), iocp.ErrNotFound)
	t.refused(s.CancelAll(), iocp.ErrNotFound)
	t.must(s.Close())
	t.quiet()
	peer.reads(data)
	peer.readsEnd()
}

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
	const rounds = 40
	data := pattern(8 << 20)
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

func zeroLengthSend(t *trial) {
	s, peer := t.pair("socket")
	var before, empty, after iocp.Op
	for _, bufs := range [][][]byte{{{}}, {nil}, {{}, {}}} {
		t.send(s, &before, []byte("ab"))
		t.send(s, &empty, bufs...)
		t.send(s, &after, []byte("cd"))
		t.expect(packet{op: &before, key: "socket", n: 2})
		t.expect(packet{op: &empty, key: "socket"})
		t.expect(packet{op: &after, key: "socket", n: 2})
		peer.reads([]byte("abcd"))
	}
	t.quiet()
}
