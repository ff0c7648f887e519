package porttest

import "iocp"

// Receiving into pooled buffers, under the clauses on receiving: C57, C60, C62.

func recvPooled(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	for _, msg := range []string{"a", "bcd", "efghijk"} {
		t.recvPooled(s, &op)
		peer.write([]byte(msg))
		c := t.expect(packet{op: &op, key: "socket", n: len(msg)})
		t.must(compare(c.Buf.Bytes(), []byte(msg)))
		if got := t.port.Stats().BuffersOut; got != 1 {
			t.Errorf("Stats say that %d buffers are on loan, want 1", got)
		}
		c.Buf.Release()
	}
	t.recvPooled(s, &op)
	t.must(s.Cancel(&op))
	c := t.expect(packet{op: &op, key: "socket", err: iocp.ErrAborted})
	if c.Buf.Bytes() != nil {
		t.Error("a cancelled receive brought a buffer")
	}
}

func pooledEOF(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	t.recvPooled(s, &op)
	peer.finish()
	for range 3 {
		if c := t.expect(packet{op: &op, key: "socket"}); c.Buf.Bytes() != nil {
			t.Error("the end of the stream brought a buffer")
		}
		t.recvPooled(s, &op)
	}
	t.expect(packet{op: &op, key: "socket"})
}

// pooledCredit leaves a socket's buffers unreleased: the socket isn't read
// from until one comes back, and others are.
func pooledCredit(t *trial) {
	s, peer := t.pair("greedy")
	other, otherPeer := t.pair("other")
	data := pattern(4 * t.config.BufferSize)
	var ops [4]iocp.Op
	for i := range ops {
		t.recvPooled(s, &ops[i])
	}
	peer.write(data)
	held := []iocp.Completion{
		t.expect(packet{op: &ops[0], key: "greedy", n: t.config.BufferSize}),
		t.expect(packet{op: &ops[1], key: "greedy", n: t.config.BufferSize}),
	}
	t.quiet()
	t.held(1, 0)
	var op iocp.Op
	t.recvPooled(other, &op)
	otherPeer.write([]byte("x"))
	t.expect(packet{op: &op, key: "other", n: 1}).Buf.Release()

	got := []byte{}
	for i := range ops {
		got = append(got, held[0].Buf.Bytes()...)
		held[0].Buf.Release()
		held = held[1:]
		if i+2 < len(ops) {
			held = append(held, t.expect(packet{op: &ops[i+2], key: "greedy", n: t.config.BufferSize}))
		}
	}
	t.must(compare(got, data))
	t.held(0, 0)
}

// held waits until Stats tell of so many sockets that wait for a buffer.
func (t *trial) held(credit, pool int) {
	t.Helper()
	t.await("Stats of the sockets that wait for a buffer", func() bool {
		st := t.port.Stats()
		return st.SocketsHeldByCredit == credit && st.SocketsHeldByPool == pool
	})
}

// poolBound has one socket hold the pool's only buffer.
func poolBound(t *trial) {
	first, firstPeer := t.pair("first")
	second, secondPeer := t.pair("second")
	var a, b iocp.Op
	t.recvPooled(first, &a)
	firstPeer.write([]byte("a"))
	held := t.expect(packet{op: &a, key: "first", n: 1})
	t.recvPooled(second, &b)
	secondPeer.write([]byte("b"))
	t.quiet()
	t.held(0, 1)
	held.Buf.Release()
	c := t.expect(packet{op: &b, key: "second", n: 1})
	t.held(0, 0)
	t.must(compare(c.Buf.Bytes(), []byte("b")))
	c.Buf.Release()
}

// pooledInOrder mixes both ways of receiving on one socket.
func pooledInOrder(t *trial) {
	s, peer := t.pair("socket")
	var own, pooled, last iocp.Op
	a, z := make([]byte, 2), make([]byte, 2)
	for range 100 {
		t.recv(s, &own, a)
		t.recvPooled(s, &pooled)
		t.recv(s, &last, z)
		peer.write([]byte("abcdefgh"))
		t.expect(packet{op: &own, key: "socket", n: 2})
		c := t.expect(packet{op: &pooled, key: "socket", n: t.config.BufferSize})
		t.expect(packet{op: &last, key: "socket", n: 2})
		t.must(compare(append(append(append([]byte{}, a...), c.Buf.Bytes()...), z...), []byte("abcdefgh")))
		c.Buf.Release()
	}
}

func releasedTwice(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	t.recvPooled(s, &op)
	peer.write([]byte("a"))
	buf := t.expect(packet{op: &op, key: "socket", n: 1}).Buf
	buf.Release()
	defer func() {
		if recover() == nil {
			t.Error("a second Release didn't panic")
		}
	}()
	buf.Release()
}
