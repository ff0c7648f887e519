package porttest

import (
	"sync"

	"iocp"
)

// Sending: C73 to C76, C79.

// stuckMax is the size of a send that can't be over while the peer reads little
// of it: more than the kernel holds for a connection.
const stuckMax = 16 << 20

// stuckData is made once.
var stuckData = sync.OnceValue(func() []byte { return pattern(stuckMax) })

// stuck is what such a send sends. A simulated connection holds a megabyte at
// most.
func (t *trial) stuck() []byte { return stuckData()[:t.volume(stuckMax, 5<<18)] }

// sendStuck starts such a send, and returns when part of it is known to have
// left.
func (t *trial) sendStuck(s *iocp.Socket, p *peer, op *iocp.Op) []byte {
	t.Helper()
	data := t.stuck()
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

// undelivered looks at what a peer that has stopped receiving doesn't have, and
// at how that goes down when it receives again.
func undelivered(t *trial) {
	s, peer := t.pair("socket")
	var op, behind iocp.Op
	data := t.sendStuck(s, peer, &op)
	t.send(s, &behind, data[:100])
	was := s.Undelivered()
	if most := int64(len(data) + 1<<20); was <= 100 || was > most { // portable may count a piece twice
		t.Errorf("Undelivered = %d with a send stuck, want 101 to %d", was, most)
	}
	reading := peer.reading(append(data[1:len(data):len(data)], data[:100]...))
	t.expect(packet{op: &op, key: "socket", n: len(data)})
	t.expect(packet{op: &behind, key: "socket", n: 100})
	reading.must()
	t.await("everything to be delivered", func() bool { return s.Undelivered() == 0 })
	t.must(s.Close())
	if n := s.Undelivered(); n != 0 {
		t.Errorf("Undelivered = %d after a close", n)
	}
}

func sendGathered(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	data := pattern(t.volume(1<<20, 64<<10))
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

// sendOrder has 64 sends pending that a connection can't all hold.
func sendOrder(t *trial) {
	s, peer := t.pair("socket")
	t.must(peer.SetReadBuffer(64 << 10))
	data := pattern(64 * t.volume(128<<10+1, 17<<10+1))
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
