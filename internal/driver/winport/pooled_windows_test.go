package winport_test

import (
	"errors"
	"net"
	"testing"

	"iocp/internal/driver"
)

func release(op *driver.Op) { op.Buf().Release(op.Buf().Gen()) }

func TestRecvPooled(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	op := &driver.Op{Kind: driver.KindRecvPooled}
	b.ok(s.RecvPooled(op))
	b.quiet()
	if b.pool.Out() != 0 {
		t.Error("a buffer is held while nothing comes")
	}
	for range 3 {
		peer.Write([]byte("hello"))
		if b.expect(op); op.N != 5 || op.Err != nil || string(op.Buf().Data[:op.Buf().N]) != "hello" {
			t.Fatalf("%d, %v", op.N, op.Err)
		}
		release(op)
		op.ResetResult()
		b.ok(s.RecvPooled(op))
	}
	if !s.Cancel(op) {
		t.Error("not found")
	}
	if b.expect(op); !errors.Is(op.Err, driver.ErrAborted) || op.Buf() != nil {
		t.Error(op.Err)
	}
	b.ok(s.RecvPooled(op))
	peer.CloseWrite()
	if b.expect(op); op.N != 0 || op.Err != nil || op.Buf() != nil {
		t.Errorf("end of stream: %d, %v", op.N, op.Err)
	}
	if b.pool.Out() != 0 {
		t.Error("a buffer is held after the end of the stream")
	}
}

// Plain and pooled receives of one socket take the data in their order.
func TestRecvPooledIsABarrier(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	first, second := recvOp(make([]byte, 2)), recvOp(make([]byte, 2))
	pooled, pooled2 := &driver.Op{Kind: driver.KindRecvPooled}, &driver.Op{Kind: driver.KindRecvPooled}
	b.ok(s.Recv(first))
	b.ok(s.RecvPooled(pooled))
	b.ok(s.RecvPooled(pooled2))
	b.ok(s.Recv(second))
	peer.Write([]byte("ab"))
	if b.expect(first); string(first.Bufs()[0]) != "ab" {
		t.Fatalf("%q", first.Bufs()[0])
	}
	peer.Write([]byte("cdef"))
	if b.expect(pooled); pooled.N != 4 || string(pooled.Buf().Data[:4]) != "cdef" {
		t.Fatal(pooled.N, pooled.Err)
	}
	release(pooled)
	peer.Write([]byte("gh"))
	b.expect(pooled2)
	if !s.Cancel(second) {
		t.Error("not found")
	}
	b.expect(second)
	release(pooled2)
}

// A socket without credit isn't read from until a buffer comes back.
func TestRecvPooledStarves(t *testing.T) {
	b := newBenchWith(t, driver.NewPool(4, 3, 2))
	s, peer := b.pair()
	other, otherPeer := b.pair()
	peer.Write([]byte("aaaabbbbccccdddd"))
	var ops [4]*driver.Op
	for i := range ops {
		ops[i] = &driver.Op{Kind: driver.KindRecvPooled}
		b.ok(s.RecvPooled(ops[i]))
	}
	b.expect(ops[0])
	b.expect(ops[1])
	b.quiet()
	otherPeer.Write([]byte("xxxxyyyy"))
	var more [2]*driver.Op
	for i := range more {
		more[i] = &driver.Op{Kind: driver.KindRecvPooled}
		b.ok(other.RecvPooled(more[i]))
	}
	b.expect(more[0])
	b.quiet() // three buffers are out
	release(more[0])
	b.expect(more[1])
	release(ops[0])
	if b.expect(ops[2]); string(ops[2].Buf().Data) != "cccc" {
		t.Fatalf("%q", ops[2].Buf().Data)
	}
	if !s.Cancel(ops[3]) {
		t.Error("a starved receive isn't found")
	}
	if b.expect(ops[3]); !errors.Is(ops[3].Err, driver.ErrAborted) {
		t.Error(ops[3].Err)
	}
	release(ops[1])
	release(ops[2])
	b.ok(s.RecvPooled(ops[3]))
	b.expect(ops[3])
	release(ops[3])
	release(more[1])
	if b.pool.Out() != 0 {
		t.Errorf("%d buffers out", b.pool.Out())
	}
}

func TestCloseStarved(t *testing.T) {
	b := newBenchWith(t, driver.NewPool(4, 1, 1))
	s, peer := b.pair()
	peer.Write([]byte("aaaabbbb"))
	ops := [2]*driver.Op{{Kind: driver.KindRecvPooled}, {Kind: driver.KindRecvPooled}}
	b.ok(s.RecvPooled(ops[0]))
	b.ok(s.RecvPooled(ops[1]))
	b.expect(ops[0])
	b.quiet()
	b.ok(s.Close())
	if b.expect(ops[1]); !errors.Is(ops[1].Err, net.ErrClosed) {
		t.Error(ops[1].Err)
	}
	release(ops[0])
	b.quiet()
}
