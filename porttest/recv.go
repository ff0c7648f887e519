package porttest

import (
	"net"

	"iocp"
)

// Receiving into the caller's buffers: C57, C59 to C66.

func recvWhatIsThere(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	buf := make([]byte, 100)
	for _, msg := range []string{"a", "bcd", "efghijk"} {
		t.recv(s, &op, buf)
		peer.write([]byte(msg))
		c := t.expect(packet{op: &op, key: "socket", n: len(msg)})
		t.must(compare(buf[:c.N], []byte(msg)))
	}
	// More than there is room for stays for the next receive.
	t.recv(s, &op, buf[:2])
	peer.write([]byte("xyz"))
	t.expect(packet{op: &op, key: "socket", n: 2})
	t.recv(s, &op, buf[2:])
	t.expect(packet{op: &op, key: "socket", n: 1})
	t.must(compare(buf[:3], []byte("xyz")))
}

func recvScattered(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	bufs := [][]byte{make([]byte, 1), {}, make([]byte, 3), make([]byte, 5)}
	t.recv(s, &op, bufs...)
	peer.write([]byte("abcdefg"))
	t.expect(packet{op: &op, key: "socket", n: 7})
	for i, want := range []string{"a", "", "bcd", "efg"} {
		t.must(compare(bufs[i][:len(want)], []byte(want)))
	}
}

// eof has receives pending when the stream ends, and starts more later.
func eof(t *trial) {
	s, peer := t.pair("socket")
	var ops [3]iocp.Op
	buf := make([]byte, 8)
	for i := range ops {
		t.recv(s, &ops[i], make([]byte, 8))
	}
	peer.finish()
	for i := range ops {
		t.expect(packet{op: &ops[i], key: "socket"})
	}
	for range 3 {
		t.recv(s, &ops[0], buf)
		t.expect(packet{op: &ops[0], key: "socket"})
	}
	t.quiet()
	// Only one direction is over.
	t.send(s, &ops[0], []byte("still"))
	t.expect(packet{op: &ops[0], key: "socket", n: 5})
	peer.reads([]byte("still"))
}

// eofAfterData has data and the end arrive together.
func eofAfterData(t *trial) {
	s, peer := t.pair("socket")
	var first, second iocp.Op
	peer.write([]byte("last"))
	peer.finish()
	t.recv(s, &first, make([]byte, 8))
	t.recv(s, &second, make([]byte, 8))
	t.expect(packet{op: &first, key: "socket", n: 4})
	t.expect(packet{op: &second, key: "socket"})
}

// eofBesideSend has the peer end its stream while a send to it is under way,
// which goes on.
func eofBesideSend(t *trial) {
	s, peer := t.pair("socket")
	var recv, send iocp.Op
	t.recv(s, &recv, make([]byte, 8))
	data := t.sendStuck(s, peer, &send)
	peer.finish()
	t.expect(packet{op: &recv, key: "socket"})
	t.quiet()
	reading := peer.reading(data[1:])
	t.expect(packet{op: &send, key: "socket", n: len(data)})
	reading.must()
}

func zeroLength(t *trial) {
	s, peer := t.pair("socket")
	var probe, recv iocp.Op
	buf := make([]byte, 3) // no more, so that nothing tells that all was taken
	for _, empty := range [][][]byte{{nil}, {{}}, {{}, {}}} {
		t.recv(s, &probe, empty...)
		t.quiet() // it pends until there is something
		peer.write([]byte("abc"))
		t.expect(packet{op: &probe, key: "socket"})
		t.recv(s, &probe, empty...) // and then it doesn't
		t.expect(packet{op: &probe, key: "socket"})
		t.recv(s, &recv, buf)
		c := t.expect(packet{op: &recv, key: "socket", n: 3})
		t.must(compare(buf[:c.N], []byte("abc")))
	}
	t.recv(s, &probe, nil)
	peer.finish()
	t.expect(packet{op: &probe, key: "socket"})
}

// zeroLengthInOrder has one between receives that take data.
func zeroLengthInOrder(t *trial) {
	s, peer := t.pair("socket")
	var first, probe, second iocp.Op
	a, b := make([]byte, 2), make([]byte, 2)
	t.recv(s, &first, a)
	t.recv(s, &probe, nil)
	t.recv(s, &second, b)
	peer.write([]byte("abcd"))
	t.expect(packet{op: &first, key: "socket", n: 2})
	t.expect(packet{op: &probe, key: "socket"})
	t.expect(packet{op: &second, key: "socket", n: 2})
	t.must(compare(append(a, b...), []byte("abcd")))
}

func zeroBuffers(t *trial) {
	s, _ := t.pair("socket")
	var op iocp.Op
	t.refused(s.Recv(&op), iocp.ErrInvalid)
	t.quiet()
}

// recvOrder has two receives pending, many times.
func recvOrder(t *trial) {
	s, peer := t.pair("socket")
	in := t.receiver(s, 16, 2)
	data := pattern(32)
	for range t.volume(1000, 100) {
		in.start()
		peer.write(data)
		in.takes(data)
	}
}

// recvOrderDribbled has eight receives pending and data come byte by byte.
func recvOrderDribbled(t *trial) {
	s, peer := t.pair("socket")
	in := t.receiver(s, 4, 8)
	data := pattern(32)
	for range t.volume(200, 20) {
		in.start()
		for i := range data {
			peer.write(data[i : i+1])
		}
		in.takes(data)
	}
}

// indications dequeues packets one at a time and in batches: with one worker
// they come in the order in which the receives were started.
func indications(t *trial) {
	s, peer := t.pair("socket")
	var ops [16]iocp.Op
	for _, room := range []int{1, len(ops)} {
		for i := range ops {
			t.recv(s, &ops[i], make([]byte, 1))
		}
		peer.write(pattern(len(ops)))
		dst := make([]iocp.Completion, room)
		for next := 0; next < len(ops); {
			n, err := t.serve(dst, t.left())
			t.must(err)
			for _, c := range dst[:n] {
				t.check(c, packet{op: &ops[next], key: "socket", n: 1})
				next++
			}
		}
	}
}

func unconnected(t *trial) {
	s := t.socket("socket")
	var op iocp.Op
	t.refused(s.Recv(&op, make([]byte, 1)), iocp.ErrNotConnected)
	t.refused(s.Recv(&op, nil), iocp.ErrNotConnected)
	t.refused(s.RecvPooled(&op), iocp.ErrNotConnected)
	t.quiet()
}

func recvShutDown(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	t.must(s.Shutdown(iocp.RecvSide))
	t.refused(s.Recv(&op, make([]byte, 1)), iocp.ErrShutdown)
	t.refused(s.RecvPooled(&op), iocp.ErrShutdown)
	t.quiet()
	t.send(s, &op, []byte("on"))
	t.expect(packet{op: &op, key: "socket", n: 2})
	peer.reads([]byte("on"))
}

func recvSurvivesShutdown(t *trial) {
	s, peer := t.pair("socket")
	var first, second iocp.Op
	t.recv(s, &first, make([]byte, 4))
	t.recv(s, &second, make([]byte, 4))
	t.must(s.Shutdown(iocp.RecvSide))
	t.quiet()
	peer.write([]byte("abcd"))
	t.expect(packet{op: &first, key: "socket", n: 4})
	t.must(s.Close())
	t.expect(packet{op: &second, key: "socket", err: net.ErrClosed})
}
